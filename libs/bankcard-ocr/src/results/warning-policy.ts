import type { BankCardOcrResult, CardWarning } from '../card/bank-card-ocr-result.js';
import { BankCardOcrError, invalidArgument } from '../errors/bank-card-ocr-error.js';
import { Problem } from '../errors/configuration-error.js';
import { readWarningPolicy, type WarningPolicy } from '../options/bankcard-ocr.options.js';
import { isUnset } from '../options/option-values.js';

/** What `strict` rejects (protocol.md section 6): a photocopy, a photo of a screen, an expired card. */
const STRICTLY_REJECTED: ReadonlySet<string> = new Set(['-9113', '-9114', '66661009']);

/** @throws {@link CardRejectedError}; `INVALID_ARGUMENT` for a policy without a verdict: the card does not pass */
export function applyWarningPolicy(result: BankCardOcrResult, policy: WarningPolicy): void {
  const rejected = result.warnings.filter((warning) => rejects(policy, warning));
  if (rejected.length > 0) throw new CardRejectedError(result, rejected);
}

export function warningPolicyOf(call: unknown, module: WarningPolicy): WarningPolicy {
  if (isUnset(call)) return module;
  const policy = readWarningPolicy(call);
  if (policy instanceof Problem) throw notUnderstood(policy.en);
  return policy;
}

function rejects(policy: WarningPolicy, warning: CardWarning): boolean {
  if (policy === 'report') return false;
  if (policy === 'strict') return STRICTLY_REJECTED.has(warning.code);
  let verdict: unknown;
  try {
    verdict = policy(warning);
  } catch (cause) {
    throw notUnderstood("must return 'accept' or 'reject', and threw an error instead", cause);
  }
  if (verdict === 'accept' || verdict === 'reject') return verdict === 'reject';
  // The failure of an asynchronous policy must not end the process.
  void Promise.resolve(verdict).catch(() => undefined);
  throw notUnderstood("must return 'accept' or 'reject' at once");
}

function notUnderstood(rule: string, cause?: unknown): BankCardOcrError {
  const messageZh = "告警策略 warningPolicy 必须是 'report'、'strict'，或返回 'accept' 或 'reject' 的函数";
  return invalidArgument(`warningPolicy ${rule}`, messageZh, cause);
}

/** A card that was rejected, with all its warnings: plain data, without the full number and without photos. */
interface RejectedCard extends Pick<
  BankCardOcrResult,
  'orderNo' | 'validity' | 'warnings' | 'clarity' | 'operatedAt' | 'bizSeqNo'
> {
  /** Masked, e.g. `622202*********0128`. */
  readonly cardNumber: string;
}

/** Tencent recognized the card, but `warningPolicy` rejects it: code `CARD_REJECTED`; a new photo is needed. */
export class CardRejectedError extends BankCardOcrError {
  override name = 'CardRejectedError';
  readonly warnings: readonly CardWarning[];
  readonly card: RejectedCard;
  /** Of the card; of a recognition it may have been generated. */
  readonly orderNo: string;

  constructor(result: BankCardOcrResult, rejected: readonly CardWarning[]) {
    super('CARD_REJECTED', {
      message: `the card was recognized, but the warning policy rejects it: ${listOf(rejected, 'en', ', ')}`,
      messageZh: `银行卡存在告警，不予接受：${listOf(rejected, 'zh', '、')}`,
      bizSeqNo: result.bizSeqNo,
    });
    this.warnings = rejected;
    this.card = cardOf(result);
    this.orderNo = result.orderNo;
  }
}

function listOf(warnings: readonly CardWarning[], language: 'en' | 'zh', separator: string): string {
  return warnings.map((warning) => `${warning[language]} (${warning.code})`).join(separator);
}

/** Field by field: an error may live long in a log or a queue, and must not keep the photos alive. */
function cardOf(result: BankCardOcrResult): RejectedCard {
  const { orderNo, cardNumber, validity, warnings, clarity, operatedAt, bizSeqNo } = result;
  return {
    orderNo,
    cardNumber: cardNumber.masked,
    validity,
    warnings,
    ...(clarity !== undefined && { clarity }),
    ...(operatedAt !== undefined && { operatedAt }),
    ...(bizSeqNo !== undefined && { bizSeqNo }),
  };
}

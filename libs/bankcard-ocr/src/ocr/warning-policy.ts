import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { CardWarning } from '../card/card-warning.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { WarningPolicy } from '../options/bankcard-ocr.options.js';
import { isWarningPolicy, WARNING_POLICY_RULE } from '../options/warning-policy-option.js';
import { isUnset } from '../options/unset.js';
import { CardRejectedError } from './card-rejected-error.js';

/** What `strict` rejects (protocol.md section 6): a photocopy, a photo of a screen, an expired card. */
const STRICTLY_REJECTED: ReadonlySet<string> = new Set(['-9113', '-9114', '66661009']);

/**
 * Decide about the warnings of a card.
 *
 * @throws {@link CardRejectedError} when the policy rejects one of them
 * @throws {@link BankCardOcrError} `INVALID_ARGUMENT` when the policy cannot be understood: the card does not pass then
 */
export function applyWarningPolicy(result: BankCardOcrResult, policy: WarningPolicy): void {
  const rejected = result.warnings.filter((warning) => rejects(policy, warning));
  if (rejected.length > 0) throw new CardRejectedError(result, rejected);
}

/**
 * The policy of one call: its own one, or that of the module.
 *
 * @throws {@link BankCardOcrError} `INVALID_ARGUMENT`
 */
export function warningPolicyOf(call: unknown, module: WarningPolicy): WarningPolicy {
  if (isUnset(call)) return module;
  if (isWarningPolicy(call)) return call;
  throw notUnderstood(WARNING_POLICY_RULE.en);
}

function rejects(policy: WarningPolicy, warning: CardWarning): boolean {
  if (policy === 'report') return false;
  if (policy === 'strict') return STRICTLY_REJECTED.has(warning.code);
  const verdict = verdictOf(policy, warning);
  if (verdict === 'accept' || verdict === 'reject') return verdict === 'reject';
  // Nobody else will listen to what an asynchronous policy has to say, nor to its failure.
  void Promise.resolve(verdict).catch(() => undefined);
  throw notUnderstood("must return 'accept' or 'reject' at once");
}

function verdictOf(policy: unknown, warning: CardWarning): unknown {
  if (typeof policy !== 'function') throw notUnderstood(WARNING_POLICY_RULE.en);
  try {
    return (policy as (warning: CardWarning) => unknown)(warning);
  } catch (cause) {
    throw notUnderstood("must return 'accept' or 'reject', and threw an error instead", cause);
  }
}

function notUnderstood(rule: string, cause?: unknown): BankCardOcrError {
  return new BankCardOcrError('INVALID_ARGUMENT', {
    message: `warningPolicy ${rule}`,
    messageZh: "告警策略 warningPolicy 必须是 'report'、'strict'，或返回 'accept' 或 'reject' 的函数",
    cause,
  });
}

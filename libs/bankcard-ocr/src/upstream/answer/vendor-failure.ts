import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { type CodeRules, vendorCodeRule } from '../../errors/vendor-codes.js';
import type { Envelope } from './envelope.js';

/** The least pause after "too frequent" (protocol.md section 6: after 2 s or more). */
const SPACED_RETRY_MS = 2_000;

/** The error for an answer whose code is not `0`. */
export function vendorFailure({ code, message, bizSeqNo }: Envelope, codeRules: CodeRules): BankCardOcrError {
  const rule = vendorCodeRule(code, codeRules);
  return new BankCardOcrError(rule.error, {
    message: `the vendor answered ${code}: ${rule.en}`,
    messageZh: `服务商返回 ${code}：${rule.zh}`,
    actor: rule.actor,
    retryable: rule.retry !== 'never',
    vendorCode: code,
    vendorMessage: message,
    bizSeqNo,
    ...(rule.retry === 'spaced' ? { retryAfterMs: SPACED_RETRY_MS } : {}),
  });
}

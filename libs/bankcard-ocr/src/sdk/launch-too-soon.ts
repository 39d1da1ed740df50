import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';

/**
 * The error for a launch whose user would have to wait longer than the call may take.
 *
 * @param waitMs until the vendor gives this user a ticket, in milliseconds
 * @param cause why the last request for this user gave none, when it failed
 */
export function launchTooSoon(waitMs: number, cause?: unknown): BankCardOcrError {
  const retryAfterMs = Math.ceil(waitMs);
  return new BankCardOcrError('RATE_LIMITED', {
    message:
      `the vendor gives a user one NONCE ticket in 2 s: this launch would wait ${retryAfterMs} ms, ` +
      'which is longer than it may take (timeoutMs)',
    messageZh: `同一用户 2 秒内只能发起一次，请在 ${retryAfterMs} 毫秒后重试`,
    retryAfterMs,
    cause,
  });
}

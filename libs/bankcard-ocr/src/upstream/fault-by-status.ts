import type { AnswerIntake } from './answer-intake.js';
import { type NotAnAnswer, TooLarge } from './answer/json-answer.js';
import { TransportFault } from './transport-fault.js';

/** The error for an answer that is none of the vendor's protocol. */
export function faultByStatus(answer: Pick<AnswerIntake, 'status' | 'header'>, why: NotAnAnswer): TransportFault {
  const { status } = answer;
  const message = `HTTP ${status}, ${why.message}`;
  if (status === 429) {
    const retryAfterMs = readRetryAfterMs(answer.header('retry-after'));
    return new TransportFault('RATE_LIMITED', false, { message, retryAfterMs });
  }
  if (status >= 500 || status === 408) return new TransportFault('VENDOR_FAULT', true, { message });
  if (status === 407) {
    const hint = `${message}: the proxy wants a user name and a password, or other ones (proxy)`;
    return new TransportFault('UNREACHABLE', false, { message: hint, retryable: false, actor: 'developer' });
  }
  if (status >= 300) {
    const hint = `${message}: check baseUrl and paths`;
    return new TransportFault('ANSWER_MALFORMED', false, { message: hint, retryable: false });
  }
  return new TransportFault(why instanceof TooLarge ? 'ANSWER_TOO_LARGE' : 'ANSWER_MALFORMED', true, { message });
}

/** Only the form in seconds: the other needs the vendor's clock. */
function readRetryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1_000 : undefined;
}

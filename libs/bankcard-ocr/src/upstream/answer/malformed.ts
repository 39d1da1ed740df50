import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import type { Envelope } from './envelope.js';

/** The error for a successful answer that lacks what it must have. Asking again would give the same. */
export function malformedAnswer(what: string, envelope: Envelope): BankCardOcrError {
  return new BankCardOcrError('ANSWER_MALFORMED', {
    message: `the vendor answered success, but ${what}`,
    retryable: false,
    vendorCode: envelope.code,
    vendorMessage: envelope.message,
    bizSeqNo: envelope.bizSeqNo,
  });
}

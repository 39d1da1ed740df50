import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import type { Envelope } from './envelope.js';

/**
 * The error for a successful answer that lacks what it must have.
 *
 * @param retryable whether asking again may help; a question that ends something (protocol.md section 5) must not be
 *   asked for that
 */
export function malformedAnswer(what: string, envelope: Envelope, retryable: boolean): BankCardOcrError {
  return new BankCardOcrError('ANSWER_MALFORMED', {
    message: `the vendor answered success, but ${what}`,
    retryable,
    vendorCode: envelope.code,
    vendorMessage: envelope.message,
    bizSeqNo: envelope.bizSeqNo,
  });
}

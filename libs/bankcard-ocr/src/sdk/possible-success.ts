import { isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { TransportFault } from '../upstream/transport-fault.js';

/**
 * Whether the vendor may have given the user a NONCE ticket although the request failed. Only a refusal in the vendor's own
 * words says no: not an answer that was lost or cannot be read, not a fault or time-out inside the vendor, not a caller
 * that stopped; and "too frequent" says that somebody else was given one. Being wrong about it costs the user two seconds.
 */
export function mayHaveGivenATicket(error: unknown): boolean {
  if (error instanceof TransportFault) return error.maybeCarriedOut;
  if (!isBankCardOcrError(error) || error.vendorCode === undefined) return true;
  const tooFrequent = error.retryAfterMs !== undefined;
  return tooFrequent || error.code === 'ANSWER_MALFORMED' || error.code === 'VENDOR_FAULT';
}

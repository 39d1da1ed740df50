import { isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { TransportFault } from './transport-fault.js';

/**
 * Whether the vendor may have carried a request out although it failed. Only a refusal in the vendor's own words says no:
 * not an answer that was lost or cannot be read, not a fault or time-out inside the vendor, not a caller that stopped.
 */
export function mayHaveBeenCarriedOut(error: unknown): boolean {
  if (error instanceof TransportFault) return error.maybeCarriedOut;
  if (!isBankCardOcrError(error) || error.vendorCode === undefined) return true;
  return error.code === 'ANSWER_MALFORMED' || error.code === 'VENDOR_FAULT';
}

import { isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { mayHaveBeenCarriedOut } from '../upstream/may-have-been-carried-out.js';

/**
 * Whether the vendor may have given the user a NONCE ticket although the request failed; "too frequent" says that somebody
 * else was given one. Being wrong about it costs the user two seconds.
 */
export function mayHaveGivenATicket(error: unknown): boolean {
  const tooFrequent = isBankCardOcrError(error) && error.vendorCode !== undefined && error.retryAfterMs !== undefined;
  return tooFrequent || mayHaveBeenCarriedOut(error);
}

import { isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { TransportFault } from '../../upstream/transport-fault.js';

/**
 * Whether an image may be sent again after this failure: only when nothing of it has left; a gateway that answers "too
 * many" has had it. A recognition is billed, and
 * its order number is good for one (protocol.md section 2). Credentials that were rejected are another matter: that
 * answer says that nothing was recognised.
 */
export function maySendAgain(error: unknown): boolean {
  if (error instanceof TransportFault) return error.code === 'UNREACHABLE' && !error.maybeCarriedOut;
  // There was nothing to sign it with.
  return isBankCardOcrError(error) && error.code === 'NO_VALID_TICKET';
}

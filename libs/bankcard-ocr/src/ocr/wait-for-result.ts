import { type BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { askAgain, type Waiting } from './ask-again.js';
import type { Deadline } from './deadline.js';

/** Waiting for a result, and knowing when that is pointless. */
export interface ResultWaiting extends Waiting {
  /** What to throw at once instead of waiting, when the vendor cannot have the result any more. */
  readonly goneFor: (notFound: BankCardOcrError) => BankCardOcrError | undefined;
}

/**
 * Go on asking for a result that the vendor does not have, or not yet.
 *
 * @param failure what the first query ended with
 * @param ask sends one request: the pauses between the requests are those of the waiting
 * @throws the last `ORDER_NOT_FOUND` when the waiting is over, and at once what waiting cannot mend
 */
export async function waitForResult<T>(
  failure: unknown,
  ask: (within: Deadline) => Promise<T>,
  { goneFor, ...waiting }: ResultWaiting,
): Promise<T> {
  if (!isNotFound(failure)) throw failure;
  let notFound = failure;
  const gone = goneFor(notFound);
  if (gone) throw gone;
  const late = await askAgain(async (window) => {
    try {
      return await ask(window);
    } catch (error) {
      if (isNotFound(error)) notFound = error;
      else if (!isBankCardOcrError(error) || !error.retryable) throw error;
      return undefined;
    }
  }, waiting);
  if (late === undefined) throw notFound;
  return late;
}

function isNotFound(error: unknown): error is BankCardOcrError {
  return isBankCardOcrError(error) && error.code === 'ORDER_NOT_FOUND';
}

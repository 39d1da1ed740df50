import type { CardPhotos } from '../card/card-photo.js';
import { isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { askAgain, type Waiting } from './ask-again.js';
import type { Deadline } from './deadline.js';

/** Something that photos belong to. */
interface WithPhotos {
  readonly photos: Pick<CardPhotos, 'status'>;
}

/**
 * Ask again while none of the photos has come. Whatever the vendor does meanwhile, the card that was read is not lost.
 *
 * @throws what is final: a card that is rejected now, a place for photos that fails
 * @returns the answer that has photos, else the last one that came
 */
export async function waitForPhotos<T extends WithPhotos>(
  first: T,
  ask: (within: Deadline) => Promise<T>,
  waiting: Waiting,
): Promise<T> {
  let result = first;
  await askAgain(async (window) => {
    try {
      result = await ask(window);
    } catch (error) {
      if (isFinal(error)) throw error;
      // The time is not over: the next look may succeed.
      return undefined;
    }
    return result.photos.status === 'pending' ? undefined : result;
  }, waiting);
  return result;
}

/** Neither the vendor nor the network: the policy has rejected the late answer or cannot judge it, or a sink has failed. */
function isFinal(error: unknown): boolean {
  if (!isBankCardOcrError(error)) return true;
  return error.code === 'CARD_REJECTED' || (error.code === 'INVALID_ARGUMENT' && error.vendorCode === undefined);
}

import { SYSTEM_RANDOM } from './random.js';

/**
 * The pause after so many failures: doubling from `firstMs` to `longestMs`, and up to a fifth shorter at random, so that
 * those who failed together do not come back together.
 */
export function backoffMs(failures: number, firstMs: number, longestMs: number, random = SYSTEM_RANDOM): number {
  const pauseMs = Math.min(firstMs * 2 ** Math.min(failures - 1, 30), longestMs);
  return pauseMs * (1 - random.next() / 5);
}

import { randomBytes, randomUUID } from 'node:crypto';
import { type Clock, SystemClock } from './clock.js';

/** The only source of randomness of the credentials and of retries, so that a simulation can repeat a run. */
export const SYSTEM_RANDOM = {
  /** A number from 0 up to, but not including, 1: for jitter. */
  next: (): number => Math.random(),
  id: (): string => randomUUID(),
  bytes: (count: number): Buffer => randomBytes(count),
};

export type Random = typeof SYSTEM_RANDOM;

/** What a store takes from its process. The clock times leases of real processes: it is never one that a test moves. */
export const SYSTEM_RUNTIME: { readonly clock: Clock; readonly random: Random } = {
  clock: new SystemClock(),
  random: SYSTEM_RANDOM,
};

export type Runtime = typeof SYSTEM_RUNTIME;

/** Doubles from `firstMs` to `longestMs`, up to a fifth shorter at random: what failed together retries apart. */
export function backoffMs(failures: number, firstMs: number, longestMs: number, random = SYSTEM_RANDOM): number {
  const pauseMs = Math.min(firstMs * 2 ** Math.min(failures - 1, 30), longestMs);
  return pauseMs * (1 - random.next() / 5);
}

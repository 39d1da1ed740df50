import { randomBytes, randomUUID } from 'node:crypto';
import { type Clock, SystemClock } from './clock.js';

/** The only source of randomness of the credentials and of retries, so that a simulation can repeat a run. */
export interface Random {
  /** A number from 0 up to, but not including, 1: for jitter. */
  next(): number;
  /** An id that nobody else has: a UUID. */
  id(): string;
  /** Bytes that nobody can guess. */
  bytes(count: number): Buffer;
}

/** The machine's own randomness. */
export const SYSTEM_RANDOM: Random = {
  next: () => Math.random(),
  id: () => randomUUID(),
  bytes: (count) => randomBytes(count),
};

/** What a store takes from the process that it is used in. */
export interface Runtime {
  /** Times leases and commands, which concern real processes: never a clock that a test moves by hand. */
  readonly clock: Clock;
  readonly random: Random;
}

/** The process itself. */
export const SYSTEM_RUNTIME: Runtime = { clock: new SystemClock(), random: SYSTEM_RANDOM };

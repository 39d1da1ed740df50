import { raceAbort, sleep } from '../runtime/abort.js';
import type { Clock } from '../runtime/clock.js';

const INTERVAL_MS = 1_000;

/** Reads the store once a second at most: a flood of wrong signatures makes a right one wait, and never refuses it. */
export class ThrottledReload {
  #next: Promise<void> | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly reload: () => Promise<void>,
    private readonly clock: Clock,
  ) {}

  /** Wait for a read that begins after this call. */
  run(signal: AbortSignal): Promise<void> {
    const waitMs = this.#lastAt + INTERVAL_MS - this.clock.monotonic();
    if (waitMs <= 0 && !this.#next) return raceAbort(this.#reload(), signal);
    this.#next ??= sleep(this.clock, waitMs).then(() => this.#reload());
    return raceAbort(this.#next, signal);
  }

  #reload(): Promise<void> {
    // This read is too early for callers that come from here on.
    this.#next = undefined;
    this.#lastAt = this.clock.monotonic();
    return this.reload();
  }
}

import type { Clock } from '../runtime/clock.js';
import { sleep, raceAbort } from '../runtime/abort.js';

/** However many signatures are wrong, the store is read this often. */
const INTERVAL_MS = 1_000;
const NEVER_ABORTED = new AbortController().signal;

/**
 * Looks whether another instance has stored newer credentials, at most once a second in this process. Who comes sooner
 * waits for the next look instead of doing without: a flood of wrong signatures must not have a right one refused.
 */
export class SpacedReload {
  #next: Promise<void> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly look: () => Promise<void>,
    private readonly clock: Clock,
  ) {}

  /** Wait for a look that begins after this call. */
  once(signal: AbortSignal): Promise<void> {
    const waitMs = this.#lookedAt + INTERVAL_MS - this.clock.monotonic();
    if (waitMs <= 0 && !this.#next) return raceAbort(this.#lookNow(), signal);
    this.#next ??= sleep(this.clock, waitMs, NEVER_ABORTED).then(() => this.#lookNow());
    return raceAbort(this.#next, signal);
  }

  #lookNow(): Promise<void> {
    // Those who come from here on may want something that this look is too early to see.
    this.#next = undefined;
    this.#lookedAt = this.clock.monotonic();
    return this.look();
  }
}

import { onAbort, sleep } from '../runtime/abort.js';
import type { Clock } from '../runtime/clock.js';

/** Pauses that end early when something has happened. */
export class WokenSleep {
  readonly #sleepers = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  /** Wait for `ms` milliseconds, until {@link wake} is called, or until `signal` is aborted; never rejects. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    this.#sleepers.add(wake);
    // Not AbortSignal.any(): what it adds to a signal that lives long is freed late.
    const forget = onAbort(signal, wake);
    try {
      await sleep(this.clock, ms, woken.signal).catch(() => undefined);
    } finally {
      this.#sleepers.delete(wake);
      forget();
    }
  }

  wake(): void {
    for (const wake of this.#sleepers) wake();
  }
}

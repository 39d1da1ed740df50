import type { Clock } from './clock.js';

/**
 * The wish of whoever waits to stop waiting. An `AbortSignal` says the same; making one and listening to it would cost a
 * small query more than signing it.
 */
export interface Cancellation {
  readonly cancelled: boolean;
  /** @throws the reason, when it is cancelled */
  throwIfCancelled(): void;
  /**
   * Call `listener` once when it is cancelled; not at all when it is already.
   *
   * @returns takes the listener away
   */
  onCancel(listener: () => void): () => void;
}

/** An `AbortSignal` as a {@link Cancellation}. */
export class SignalCancellation implements Cancellation {
  constructor(private readonly signal: AbortSignal) {}

  get cancelled(): boolean {
    return this.signal.aborted;
  }

  throwIfCancelled(): void {
    this.signal.throwIfAborted();
  }

  onCancel(listener: () => void): () => void {
    this.signal.addEventListener('abort', listener, { once: true });
    return () => this.signal.removeEventListener('abort', listener);
  }
}

/**
 * Pause a caller who waits for its result, for `ms` milliseconds of the monotonic clock at least: timers fire up to a
 * millisecond early, and whoever waits for a moment must find it passed.
 *
 * @throws the reason of `signal` as soon as that is aborted
 */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const endsAt = clock.monotonic() + ms;
    const onTimer = () => {
      const leftMs = endsAt - clock.monotonic();
      if (leftMs > 0) {
        timer = clock.setTimer(onTimer, leftMs, true);
        return;
      }
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = () => {
      timer.cancel();
      reject(signal.reason as Error);
    };
    let timer = clock.setTimer(onTimer, ms, true);
    return signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Wait for something that others wait for too, and that goes on when this caller gives up.
 *
 * @throws the reason of `signal` as soon as that is aborted
 */
export function raceAbort<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return shared;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      // Nobody is left to be told.
      shared.catch(() => undefined);
      return reject(signal.reason as Error);
    }
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    return void shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

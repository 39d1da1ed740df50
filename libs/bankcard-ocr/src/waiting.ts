import type { Clock } from './clock.js';

/**
 * Pause a caller who waits for its result.
 *
 * @throws the reason of `signal` as soon as that is aborted
 */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const timer = clock.setTimer(
      () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      },
      ms,
      true,
    );
    const onAbort = () => {
      timer.cancel();
      reject(signal.reason as Error);
    };
    return signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Wait for something that others wait for too, and that goes on when this caller gives up.
 *
 * @throws the reason of `signal` as soon as that is aborted
 */
export function waitUnlessAborted<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
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

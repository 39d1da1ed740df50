import { setMaxListeners } from 'node:events';
import type { Clock, ClockTimer } from './clock.js';

/** A caller's wish to stop: a signal, or what has these members. Making a signal costs a small query more than signing it. */
export interface Cancellation extends Pick<AbortSignal, 'aborted' | 'throwIfAborted'> {
  /** When it is cancelled for lack of time, on the monotonic clock in milliseconds; a signal ends by itself. */
  readonly endsAt?: number;
  expire?(): void;
  onCancel?(listener: (reason: unknown) => void, isTimed: boolean): () => void;
}

/** @param isTimed the caller calls `expire` at `endsAt` by its own timer. @returns removes the listener */
export function onAbort(cancellation: Cancellation, listener: (reason: unknown) => void, isTimed = false): () => void {
  if (cancellation.onCancel) return cancellation.onCancel(listener, isTimed);
  const signal = cancellation as AbortSignal;
  const tell = () => listener(signal.reason);
  try {
    // One signal may end any number of calls, and each removes its listener: Node's warning of a leak would be false.
    setMaxListeners(0, signal);
  } catch {
    // A signal of jsdom or of a polyfill, which warns of nothing.
  }
  signal.addEventListener('abort', tell, { once: true });
  return () => signal.removeEventListener('abort', tell);
}

/** `ms` of the monotonic clock at least: timers fire up to a millisecond early. @throws the reason of `signal` */
export async function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const endsAt = clock.monotonic() + ms;
  let timer: ClockTimer | undefined;
  const once = (delayMs: number) => new Promise<void>((fire) => (timer = clock.setTimer(fire, delayMs, true)));
  try {
    let leftMs = ms;
    do {
      await raceAbort(once(leftMs), signal);
      leftMs = endsAt - clock.monotonic();
    } while (leftMs > 0);
  } finally {
    timer?.cancel();
  }
}

/** Wait for something that continues when this caller stops waiting. @throws the reason of `cancellation` */
export function raceAbort<T>(shared: Promise<T>, cancellation: Cancellation | undefined): Promise<T> {
  if (!cancellation) return shared;
  return new Promise((resolve, reject) => {
    const forget = onAbort(cancellation, reject);
    void shared.then(resolve, reject).finally(forget);
    try {
      cancellation.throwIfAborted();
    } catch (reason) {
      reject(reason);
    }
  });
}

export async function raceTimeout<T>(clock: Clock, ms: number, work: () => Promise<T>, late: () => Error): Promise<T> {
  let timer: ClockTimer | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = clock.setTimer(() => reject(late()), ms, true);
  });
  try {
    return await Promise.race([work(), timeout]);
  } finally {
    timer?.cancel();
  }
}

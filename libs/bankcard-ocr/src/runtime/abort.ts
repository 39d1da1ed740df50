import { setMaxListeners } from 'node:events';
import type { Clock, ClockTimer } from './clock.js';

/** A caller's wish to stop. An `AbortSignal` says the same, but making one costs a small query more than signing it. */
export interface Cancellation {
  readonly cancelled: boolean;
  throwIfCancelled(): void;
  /** @param isTimed the owner calls {@link expire} at {@link endsAt} by its own timer. @returns removes the listener */
  onCancel(listener: (reason: unknown) => void, isTimed?: boolean): () => void;
  /** When it is cancelled for lack of time, on the monotonic clock in milliseconds; Infinity for never. */
  readonly endsAt: number;
  expire(): void;
}

export class SignalCancellation implements Cancellation {
  readonly endsAt = Infinity;

  constructor(private readonly signal: AbortSignal) {}

  get cancelled(): boolean {
    return this.signal.aborted;
  }

  throwIfCancelled(): void {
    this.signal.throwIfAborted();
  }

  /** A signal ends by itself. */
  expire(): void {}

  onCancel(listener: (reason: unknown) => void): () => void {
    return onAbort(this.signal, listener);
  }
}

/** Listen to a signal that may be somebody else's. @returns removes the listener */
export function onAbort(signal: AbortSignal, listener: (reason: unknown) => void): () => void {
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
    await raceAbort(once(ms), signal);
    for (let leftMs = endsAt - clock.monotonic(); leftMs > 0; leftMs = endsAt - clock.monotonic())
      await raceAbort(once(leftMs), signal);
  } finally {
    timer?.cancel();
  }
}

/** Wait for something that continues when this caller stops waiting. @throws the reason of `cancellation` */
export function raceCancel<T>(shared: Promise<T>, cancellation: Cancellation): Promise<T> {
  return new Promise((resolve, reject) => {
    const forget = cancellation.onCancel(reject);
    void shared.then(resolve, reject).finally(forget);
    try {
      cancellation.throwIfCancelled();
    } catch (reason) {
      reject(reason);
    }
  });
}

export function raceAbort<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return signal ? raceCancel(shared, new SignalCancellation(signal)) : shared;
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

import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';

/**
 * The time that one call has for everything it does, and the caller's own wish to stop. One signal tells both.
 */
export class Deadline {
  readonly #controller = new AbortController();
  /** Aborted when the time is over, with an error `TIMEOUT`, or when the caller stops, with the caller's reason. */
  readonly signal: AbortSignal = this.#controller.signal;
  readonly #endsAt: number;
  readonly #stop: () => void;

  constructor(
    private readonly clock: Clock,
    timeoutMs: number,
    private readonly caller: AbortSignal | undefined,
  ) {
    caller?.throwIfAborted();
    this.#endsAt = clock.monotonic() + timeoutMs;
    const timer = clock.setTimer(
      () => {
        this.#controller.abort(
          new BankCardOcrError('TIMEOUT', { message: `no result within ${timeoutMs} ms (timeoutMs)` }),
        );
      },
      timeoutMs,
      true,
    );
    const onAbort = () => this.#controller.abort(caller?.reason);
    // One signal may end any number of calls, and each takes its listener away: Node's warning of a leak would be false.
    if (caller) setMaxListeners(0, caller);
    caller?.addEventListener('abort', onAbort, { once: true });
    this.#stop = () => {
      timer.cancel();
      caller?.removeEventListener('abort', onAbort);
    };
  }

  /** Milliseconds that are left. */
  get remainingMs(): number {
    return this.#endsAt - this.clock.monotonic();
  }

  /** @throws the caller's reason, when it was the caller who stopped */
  throwIfCallerAborted(): void {
    this.caller?.throwIfAborted();
  }

  /** To be called when the call is over, however it ended. */
  close(): void {
    this.#stop();
  }
}

import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { type Cancellation, onAbort } from '../runtime/abort.js';
import type { Clock, ClockTimer } from '../runtime/clock.js';

const NO_LISTENERS: readonly never[] = [];

/** Cancelled when the time of one call is over, with an error `TIMEOUT`, or when the caller stops, with its reason. */
export class Deadline implements Cancellation {
  /** On the monotonic clock. */
  readonly endsAt: number;
  #timer: ClockTimer | undefined;
  #listeners: readonly ((reason: unknown) => void)[] = NO_LISTENERS;
  readonly #forgetCaller: (() => void) | undefined;
  #isClosed = false;
  #controller: AbortController | undefined;
  #cancelledWith: { readonly reason: unknown } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
    private readonly caller: AbortSignal | undefined,
  ) {
    caller?.throwIfAborted();
    this.endsAt = clock.monotonic() + timeoutMs;
    this.#forgetCaller = caller && onAbort(caller, (reason) => this.#cancel(reason));
  }

  get remainingMs(): number {
    return this.endsAt - this.clock.monotonic();
  }

  get aborted(): boolean {
    return this.#cancelledWith !== undefined;
  }

  /** The same as a signal; made when first used: most calls need none, and it costs more than they do. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      this.#startTimer();
      if (this.#cancelledWith) this.#controller.abort(this.#cancelledWith.reason);
    }
    return this.#controller.signal;
  }

  throwIfAborted(): void {
    // Nobody may have listened, and then no timer was set.
    if (this.remainingMs <= 0) this.expire();
    if (this.#cancelledWith) throw this.#cancelledWith.reason;
  }

  expire(): void {
    const message = `no result within ${this.timeoutMs} ms (timeoutMs)`;
    this.#cancel(new BankCardOcrError('TIMEOUT', { message }));
  }

  onCancel(listener: (reason: unknown) => void, isTimed: boolean): () => void {
    if (!isTimed) this.#startTimer();
    // One listener at a time is the rule.
    this.#listeners = this.#listeners === NO_LISTENERS ? [listener] : [...this.#listeners, listener];
    return () => {
      const isAlone = this.#listeners.length === 1 && this.#listeners[0] === listener;
      this.#listeners = isAlone ? NO_LISTENERS : this.#listeners.filter((other) => other !== listener);
    };
  }

  /** @throws the caller's reason, when it was the caller who stopped */
  throwIfCallerAborted(): void {
    this.caller?.throwIfAborted();
  }

  close(): void {
    this.#timer?.cancel();
    this.#isClosed = true;
    this.#forgetCaller?.();
  }

  #startTimer(): void {
    if (!this.#isClosed) this.#timer ??= this.clock.setTimer(() => this.expire(), this.remainingMs, true);
  }

  #cancel(reason: unknown): void {
    if (this.#cancelledWith) return;
    this.#cancelledWith = { reason };
    this.#controller?.abort(reason);
    // Each removes itself from the list.
    const listeners = this.#listeners;
    this.#listeners = NO_LISTENERS;
    for (const listener of listeners) listener(reason);
  }
}

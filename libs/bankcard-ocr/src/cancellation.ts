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

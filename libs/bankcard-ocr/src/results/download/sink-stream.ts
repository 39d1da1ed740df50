import { finished, type Writable } from 'node:stream';
import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';

/** A sink's Writable, for one photo: whatever it does, no promise is left open and no error is left unheard. */
export class SinkStream {
  #failure: Error | undefined;
  /** Settles the promise of {@link write} or {@link end} that is open: fulfilled without a reason, rejected with one. */
  #settle: (reason?: Error) => void = () => undefined;
  #ending = false;
  #isFinished = false;
  readonly #stopListening: () => void;

  /** @throws {@link BankCardOcrError} `INVALID_ARGUMENT`, or the error that the Writable has already failed with */
  constructor(private readonly writable: Writable) {
    checkFresh(writable);
    // A PassThrough is done when it has taken everything; the library does not wait for its reader.
    const stop = finished(writable, { readable: false }, (error) => this.#over(error));
    writable.on('drain', this.#onDrain);
    this.#stopListening = () => {
      stop();
      writable.off('drain', this.#onDrain);
    };
  }

  /** @param bytes kept, as any Writable does. @returns a promise when it wants no more before that is fulfilled */
  write(bytes: Buffer): Promise<void> | undefined {
    const takesMore = this.#attempt(() => this.writable.write(bytes));
    this.#noticeDestruction();
    return takesMore && !this.#failure ? undefined : this.#wait();
  }

  /** Fulfilled when everything has been taken and the Writable says that it has finished. */
  end(): Promise<void> {
    this.#attempt(() => {
      this.#ending = true;
      this.writable.end();
    });
    return this.#wait();
  }

  abandon(reason: Error): void {
    if (this.#isFinished) return;
    this.#fail(reason);
    this.writable.destroy(reason);
  }

  readonly #onDrain = () => {
    if (!this.#ending) this.#settle();
  };

  /** Not every Writable emits an event for it (`emitClose`). */
  #noticeDestruction(): void {
    if (this.writable.destroyed && !this.#ending) this.#over(this.writable.errored);
  }

  #attempt<T>(step: () => T): T | undefined {
    this.#noticeDestruction();
    if (this.#failure) return undefined;
    try {
      return step();
    } catch (error) {
      // A faulty `_write` throws instead of calling back, and nothing has ended the stream.
      this.#fail(new SinkFailure(error));
      this.writable.destroy(error as Error);
      return undefined;
    }
  }

  /** @param error none when it has finished, or when other code closed or ended it */
  #over(error: Error | null | undefined): void {
    if (this.#failure) return;
    if (error || !this.#ending) return this.#fail(new SinkFailure(error ?? closedEarly()));
    this.#isFinished = true;
    this.#stopListening();
    this.#settle();
  }

  /** The listeners stay: without one for errors, a later one would end the process. */
  #fail(reason: Error): void {
    this.#failure ??= reason;
    this.writable.off('drain', this.#onDrain);
    this.#settle(this.#failure);
  }

  #wait(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#isFinished) return Promise.resolve();
    return new Promise((resolve, reject) => (this.#settle = (reason) => (reason ? reject(reason) : resolve())));
  }
}

function checkFresh(writable: Writable | undefined): asserts writable is Writable {
  const methods = ['write', 'end', 'destroy', 'on', 'off'] as const;
  if (methods.some((name) => typeof writable?.[name] !== 'function')) {
    throw new BankCardOcrError('INVALID_ARGUMENT', { message: 'a sink must return a Writable of node:stream' });
  }
  if (writable?.errored) throw writable.errored;
  if (writable?.destroyed || writable?.writableEnded) {
    const message = 'a sink returned a Writable that has ended already: every photo needs one of its own';
    throw new BankCardOcrError('INVALID_ARGUMENT', { message });
  }
}

function closedEarly(): Error {
  const error = new Error('the Writable was closed before the photo was complete');
  return Object.assign(error, { code: 'ERR_STREAM_PREMATURE_CLOSE' });
}

/** Marks an error of the sink, so that the query is not retried; the caller gets the cause as it is. */
export class SinkFailure extends Error {
  override name = 'SinkFailure';

  constructor(cause: unknown) {
    super('the sink of a photo failed', { cause });
  }
}

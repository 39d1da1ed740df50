import { finished, type Writable } from 'node:stream';
import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { TakingWritable } from './taking.writable.js';

/** A sink's Writable, for one photo: whatever it does, no promise is left open and no error is left unheard. */
export class SinkStream {
  #failure: Error | undefined;
  #isEnding = false;
  #isFinished = false;
  #fail!: (reason: Error) => void;
  /** Fulfilled when the Writable has finished as it was told to, rejected with {@link #failure}. */
  readonly #over: Promise<void>;

  /** @throws {@link BankCardOcrError} `INVALID_ARGUMENT`, or the error that the Writable has already failed with */
  constructor(private readonly writable: Writable) {
    checkFresh(writable);
    this.#over = new Promise((resolve, reject) => {
      this.#fail = (reason) => reject((this.#failure ??= reason));
      // A PassThrough is done when it has taken everything; the library does not wait for its reader.
      const stop = finished(writable, { readable: false }, (error) => {
        // The listeners stay: without one for errors, a later one would end the process.
        if (error || !this.#isEnding) return this.#fail(new SinkFailure(error ?? closedEarly()));
        this.#isFinished = true;
        stop();
        resolve();
      });
    });
    this.#over.catch(() => undefined);
  }

  /**
   * @param bytes good only until this returns, or until the promise is settled
   * @returns a promise when it wants no more before that is fulfilled
   */
  write(bytes: Buffer): Promise<void> | undefined {
    const own = this.writable instanceof TakingWritable ? bytes : Buffer.from(bytes);
    const takesMore = this.#attempt(() => this.writable.write(own));
    this.#noticeDestruction();
    if (this.#failure) return this.#over;
    if (takesMore) return undefined;
    const drained = new Promise<void>((resolve) => this.writable.once('drain', resolve));
    const wantsMore = Promise.race([this.#over, drained]);
    wantsMore.catch(() => undefined);
    return wantsMore;
  }

  /** Fulfilled when everything has been taken and the Writable says that it has finished. */
  end(): Promise<void> {
    this.#attempt(() => {
      this.#isEnding = true;
      this.writable.end();
    });
    return this.#over;
  }

  abandon(reason: Error): void {
    if (this.#isFinished) return;
    this.#fail(reason);
    this.writable.destroy(reason);
  }

  /** Not every Writable emits an event for it (`emitClose`). */
  #noticeDestruction(): void {
    const { destroyed, errored } = this.writable;
    if (destroyed && !this.#isEnding) this.#fail(new SinkFailure(errored ?? closedEarly()));
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

import { createHash } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { callbackify } from 'node:util';
import {
  MAGIC_LENGTH,
  mediaTypeOf,
  type PhotoExtension,
  type PhotoKind,
  type PhotoMediaType,
  UNKNOWN_MEDIA_TYPE,
} from '../../card/card-photo.js';
import { BankCardOcrError, invalidArgument } from '../../errors/bank-card-ocr-error.js';
import { raceAbort } from '../../runtime/abort.js';
import type { PhotoTarget } from '../../vendor/response/photo-buffers.js';

/** What is known of a photo when its first bytes have come. */
export interface PhotoMeta {
  readonly orderNo: string;
  /** By the first bytes, e.g. `image/jpeg`; `application/octet-stream` for bytes that we do not recognize. */
  readonly mediaType: string;
  /** A file's usual ending for that type, without a dot; `bin` when it is not recognized. */
  readonly extension: PhotoExtension;
  /** 1, or more when the order was queried again: the photo begins anew, its Writable before has been destroyed. */
  readonly attempt: number;
  /** The photo has no more bytes than this; undefined when the length of the response is not known. */
  readonly maxBytes?: number | undefined;
}

/**
 * Opens a place for one photo, once for each kind and attempt, when its first bytes have come. Its errors end the
 * download and reach the caller unchanged. The Writable is ended and waited for, or destroyed with an error.
 */
export type PhotoSink = (photo: PhotoKind, meta: PhotoMeta) => Writable | Promise<Writable>;

export interface WrittenPhoto {
  readonly size: number;
  /** SHA-256 of the bytes, 64 hex digits in lower case. */
  readonly sha256: string;
  /** By the first bytes, e.g. `image/jpeg`; `application/octet-stream` for other types. */
  readonly mediaType: string;
}

/** A Writable of this library that is done with its bytes when `consume` returns: nothing has to be copied for it. */
export class SynchronousWritable extends Writable {
  constructor(
    readonly consume: (bytes: Buffer) => void,
    finish: () => Promise<void> = () => Promise.resolve(),
  ) {
    const write = (bytes: Buffer, _encoding: unknown, done: () => void): void => {
      consume(bytes);
      done();
    };
    super({ write, final: callbackify(finish) });
  }
}

/** Passes a photo to a Writable, opened when the first bytes tell the type. Bytes are copied: their buffer is reused. */
export class SinkTarget implements PhotoTarget {
  photo: WrittenPhoto | undefined;
  readonly #hash = createHash('sha256');
  #size = 0;
  #mediaType: PhotoMediaType = UNKNOWN_MEDIA_TYPE;
  #beginning: Buffer = Buffer.alloc(0);
  /** Of all sinks but a {@link SynchronousWritable}. Keeps nothing back: no more is in memory than the sink takes, and one piece. */
  #source: Readable | undefined;
  #goOn = (): void => undefined;
  #sink: Writable | undefined;
  /** Fulfilled when the sink has finished, rejected with what has failed first. */
  #passed: Promise<void> | undefined;
  readonly #abandoned = new AbortController();

  constructor(private readonly open: (mediaType: PhotoMediaType) => Writable | Promise<Writable>) {}

  write(bytes: Buffer): Promise<void> | undefined {
    this.#hash.update(bytes);
    this.#size += bytes.length;
    if (this.#sink) return this.#pass(this.#sink, bytes);
    this.#beginning = Buffer.concat([this.#beginning, bytes]);
    return this.#beginning.length < MAGIC_LENGTH ? undefined : heard(this.#begin());
  }

  end(): Promise<void> {
    return heard(this.#end());
  }

  damaged(): void {
    this.abandon(new BankCardOcrError('PHOTO_DAMAGED'));
  }

  /** Destroy the Writable, unless it has finished; one that has yet to be opened is destroyed when it is there. */
  abandon(reason: Error): void {
    this.#abandoned.abort(reason);
    this.#beginning = Buffer.alloc(0);
    this.#source?.destroy(reason);
    if (!this.#sink?.writableFinished) this.#sink?.destroy(reason);
  }

  async #begin(): Promise<Writable> {
    this.#mediaType = mediaTypeOf(this.#beginning);
    const { signal } = this.#abandoned;
    signal.throwIfAborted();
    // A sink may take as long as it likes; an aborted download does not wait for it.
    const sink = await raceAbort(this.#open(), signal);
    const bytes = this.#beginning;
    this.#beginning = Buffer.alloc(0);
    if (this.#source) await this.#wanted();
    await this.#pass(sink, bytes);
    return sink;
  }

  async #open(): Promise<Writable> {
    let sink: Writable;
    try {
      sink = await this.open(this.#mediaType);
      checkFresh(sink);
    } catch (error) {
      throw new SinkFailure(error);
    }
    // Not every Node.js keeps a listener on a sink that is opened in vain.
    this.#sink = sink.on('error', ignore);
    const { signal } = this.#abandoned;
    if (signal.aborted) sink.destroy(signal.reason as Error);
    const passed = sink instanceof SynchronousWritable ? finished(sink) : pipeline(this.#openSource(), sink);
    this.#passed = passed.catch((error: unknown) => {
      throw signal.aborted ? signal.reason : new SinkFailure(error);
    });
    void heard(this.#passed);
    return sink;
  }

  #openSource(): Readable {
    this.#source = new Readable({ highWaterMark: 0, read: () => this.#goOn() }).on('error', ignore);
    return this.#source;
  }

  /** @returns a promise when the sink wants no more before that is fulfilled */
  #pass(sink: Writable, bytes: Buffer | null): Promise<void> | undefined {
    const source = this.#source;
    try {
      // Not every Writable emits an event for it (`emitClose`).
      if (sink.destroyed) throw sink.errored ?? closedEarly();
      if (sink instanceof SynchronousWritable) {
        if (bytes) sink.consume(bytes);
        else sink.end();
        return undefined;
      }
      source?.push(bytes && Buffer.from(bytes));
    } catch (error) {
      // A faulty `_write` throws, too, instead of calling back.
      (source ?? sink).destroy(error as Error);
      return heard(Promise.reject(new SinkFailure(error)));
    }
    if (!source || source.destroyed) return this.#passed;
    return source.isPaused() ? heard(this.#wanted()) : undefined;
  }

  async #wanted(): Promise<void> {
    await Promise.race([this.#passed, new Promise<void>((resolve) => (this.#goOn = resolve))]);
  }

  async #end(): Promise<void> {
    const sink = this.#sink ?? (await this.#begin());
    await this.#pass(sink, null);
    await this.#passed;
    sink.off('error', ignore);
    this.photo = { size: this.#size, sha256: this.#hash.digest('hex'), mediaType: this.#mediaType };
  }
}

function ignore(): void {}

/** An aborted download no longer handles the promise; its rejection must not end the process. */
function heard(promise: Promise<unknown>): Promise<void> {
  promise.catch(() => undefined);
  return promise as Promise<void>;
}

function checkFresh(sink: Writable | undefined): asserts sink is Writable {
  const methods = ['write', 'end', 'destroy', 'on', 'off'] as const;
  if (methods.some((name) => typeof sink?.[name] !== 'function'))
    throw invalidArgument('a sink must return a Writable of node:stream');
  if (sink?.errored) throw sink.errored;
  if (sink?.destroyed || sink?.writableEnded)
    throw invalidArgument('a sink returned a Writable that has ended already: every photo needs one of its own');
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

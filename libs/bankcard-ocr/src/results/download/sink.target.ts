import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { MAGIC_LENGTH, mediaTypeOf, type PhotoMediaType, UNKNOWN_MEDIA_TYPE } from '../../card/card-photo.js';
import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { raceAbort } from '../../runtime/abort.js';
import type { PhotoTarget } from '../../vendor/response/photo-buffers.js';
import { SinkFailure, SinkStream } from './sink-stream.js';

export interface WrittenPhoto {
  readonly size: number;
  /** SHA-256 of the bytes, 64 hex digits in lower case. */
  readonly sha256: string;
  /** By the first bytes, e.g. `image/jpeg`; `application/octet-stream` for other types. */
  readonly mediaType: string;
}

const NONE = Buffer.alloc(0);

/** Passes a photo to a Writable, opened when the first bytes tell the type. */
export class SinkTarget implements PhotoTarget {
  photo: WrittenPhoto | undefined;
  readonly #hash = createHash('sha256');
  #size = 0;
  #mediaType: PhotoMediaType = UNKNOWN_MEDIA_TYPE;
  #beginning: Buffer = NONE;
  #stream: SinkStream | undefined;
  readonly #abandoned = new AbortController();

  constructor(private readonly open: (mediaType: PhotoMediaType) => Writable | Promise<Writable>) {}

  write(bytes: Buffer): Promise<void> | undefined {
    this.#hash.update(bytes);
    this.#size += bytes.length;
    if (this.#stream) return heard(this.#stream.write(bytes));
    if (this.#beginning.length + bytes.length >= MAGIC_LENGTH) return heard(this.#passBeginning(bytes));
    this.#beginning = Buffer.concat([this.#beginning, bytes]);
    return undefined;
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
    this.#beginning = NONE;
    this.#stream?.abandon(reason);
  }

  async #end(): Promise<void> {
    if (!this.#stream) await this.#passBeginning(NONE);
    await this.#stream?.end();
    this.photo = { size: this.#size, sha256: this.#hash.digest('hex'), mediaType: this.#mediaType };
  }

  /** @param bytes behind those that have come before */
  async #passBeginning(bytes: Buffer): Promise<void> {
    const beginning = this.#beginning.length === 0 ? bytes : Buffer.concat([this.#beginning, bytes]);
    this.#beginning = NONE;
    this.#mediaType = mediaTypeOf(beginning);
    // A sink may take as long as it likes; an aborted download does not wait for it.
    const stream = await raceAbort(this.#open(), this.#abandoned.signal);
    await stream.write(beginning);
  }

  async #open(): Promise<SinkStream> {
    const { signal } = this.#abandoned;
    signal.throwIfAborted();
    let stream: SinkStream;
    try {
      stream = new SinkStream(await this.open(this.#mediaType));
    } catch (error) {
      throw new SinkFailure(error);
    }
    this.#stream = stream;
    if (signal.aborted) stream.abandon(signal.reason as Error);
    return stream;
  }
}

/** An aborted download no longer handles the promise; its rejection must not end the process. */
function heard<T extends Promise<void> | undefined>(promise: T): T {
  promise?.catch(() => undefined);
  return promise;
}

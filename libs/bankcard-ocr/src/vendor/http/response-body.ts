import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { ResponseListener } from './transport.js';

interface Source {
  pause(): unknown;
  resume(): unknown;
}

const NOTHING = Buffer.alloc(0);

/** The body of one response, counted as it comes, decompressed, stopped while the receiver wants no more. */
export class ResponseBody {
  /** What has come while the coding is not known. */
  #head: Buffer = NOTHING;
  #isPlain = false;
  #decompressor: Transform | undefined;
  #isOver = false;

  /** @param done is called once, at the end or with what ended the body early */
  constructor(
    private readonly receiver: ResponseListener,
    private readonly header: (name: string) => string | undefined,
    private readonly connection: Source,
    private readonly done: (error?: Error) => void,
  ) {}

  write(bytes: Buffer): void {
    if (this.#isOver) return;
    try {
      this.receiver.received(bytes.length);
      this.#take(bytes, false);
    } catch (error) {
      this.#finish(error as Error);
    }
  }

  /** All bytes have come from the connection, or no more will, because of an error. */
  end(error?: Error): void {
    if (error) return this.#finish(error);
    if (this.#isOver) return;
    try {
      if (!this.#isPlain && !this.#decompressor) this.#take(NOTHING, true);
      if (this.#decompressor) this.#decompressor.end();
      else this.#finish();
    } catch (failure) {
      this.#finish(failure as Error);
    }
  }

  #finish(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#decompressor?.destroy();
    this.done(error);
  }

  #take(bytes: Buffer, isWhole: boolean): void {
    if (this.#isPlain) return this.#deliver(bytes, this.connection);
    if (this.#decompressor) return this.#decompress(bytes, this.#decompressor);
    const head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
    this.#head = head;
    const coding = codingOf(head, () => this.header('content-encoding'), isWhole);
    if (coding === undefined) return;
    if (coding === 'plain') this.#isPlain = true;
    else this.#decompressor = this.#decompressorOf(coding);
    if (head.length > 0) this.#take(head, isWhole);
  }

  #decompressorOf(coding: Exclude<ContentCoding, 'plain'>): Transform {
    const stream = DECOMPRESSORS[coding]();
    stream.on('data', (bytes: Buffer) => {
      if (this.#isOver) return;
      try {
        this.#deliver(bytes, stream);
      } catch (error) {
        this.#finish(error as Error);
      }
    });
    stream.once('end', () => this.#finish());
    return stream.on('error', (error) => this.#finish(error));
  }

  #decompress(bytes: Buffer, decompressor: Transform): void {
    if (decompressor.write(bytes)) return;
    this.connection.pause();
    decompressor.once('drain', () => this.connection.resume());
  }

  #deliver(bytes: Buffer, source: Source): void {
    const delay = this.receiver.data(bytes);
    if (!delay) return;
    source.pause();
    delay.then(
      () => this.#isOver || source.resume(),
      (error: Error) => this.#finish(error),
    );
  }
}

/** How the bytes of a body are coded (RFC 9110, section 8.4.1), `deflate-raw` being what many servers take `deflate` for. */
type ContentCoding = 'plain' | 'gzip' | 'deflate' | 'deflate-raw' | 'br';

/** This many bytes tell every coding from text. */
const ENOUGH = 16;
const OPENING_BRACE = 0x7b;
/** After a byte order mark and white space the brace that a response begins with: no coding does. */
const BEGINS_AS_JSON = /^(?:\xef\xbb\xbf)?[ \t\r\n]*\{/;
/** Compressed bytes are not printable all of them, not {@link ENOUGH} in a row. */
const TEXT = /^[ -~\t\r\n]*$/;

/** Larger steps than zlib's own 16 KiB: each of them is a trip to another thread and back. */
const STEPS = { chunkSize: 65_536, highWaterMark: 262_144 };
/** As curl and browsers do: what lacks its check sum is read as far as it goes. Whether it is whole the JSON tells. */
const LENIENT = { ...STEPS, finishFlush: zlib.constants.Z_SYNC_FLUSH };
const LENIENT_BROTLI = { ...STEPS, finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH };

const DECOMPRESSORS: Readonly<Record<Exclude<ContentCoding, 'plain'>, () => Transform>> = {
  gzip: () => zlib.createGunzip(LENIENT),
  deflate: () => zlib.createInflate(LENIENT),
  'deflate-raw': () => zlib.createInflateRaw(LENIENT),
  br: () => zlib.createBrotliDecompress(LENIENT_BROTLI),
};

/**
 * Servers and gateways announce codings that they did not apply, apply some that they do not announce, and disagree on
 * what `deflate` is: the first bytes tell.
 * @returns undefined while there are too few bytes
 */
export function codingOf(
  head: Buffer,
  contentEncoding: () => string | undefined,
  isWhole: boolean,
): ContentCoding | undefined {
  // Nearly every body.
  if (head[0] === OPENING_BRACE) return 'plain';
  const beginning = head.toString('latin1', 0, ENOUGH);
  if (BEGINS_AS_JSON.test(beginning)) return 'plain';
  if (beginning.startsWith('\x1f\x8b')) return 'gzip';
  if (head.length < ENOUGH && !isWhole) return undefined;
  if (TEXT.test(beginning)) return 'plain';
  // RFC 1950: the method is 8, and the two bytes are a multiple of 31.
  if (head.length >= 2 && (head[0]! & 0x0f) === 8 && head.readUInt16BE(0) % 31 === 0) return 'deflate';
  // `identity`, `none` or a charset mean nothing; what else there is a JSON parser will refuse.
  const named = /\b(deflate|br)\b/i.exec(contentEncoding() ?? '')?.[1]?.toLowerCase();
  return named === 'deflate' ? 'deflate-raw' : named === 'br' ? 'br' : 'plain';
}

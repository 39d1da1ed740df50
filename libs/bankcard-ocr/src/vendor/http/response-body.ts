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
    this.#attempt(() => {
      this.receiver.received(bytes.length);
      this.#take(bytes, false);
    });
  }

  /** All bytes have come from the connection, or no more will, because of an error. */
  end(error?: Error): void {
    if (error) return this.#finish(error);
    this.#attempt(() => {
      if (!this.#isPlain && !this.#decompressor) this.#take(NOTHING, true);
      if (this.#decompressor) this.#decompressor.end();
      else this.#finish();
    });
  }

  #attempt(action: () => void): void {
    if (this.#isOver) return;
    try {
      action();
    } catch (error) {
      this.#finish(error as Error);
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
    stream.on('data', (bytes: Buffer) => this.#attempt(() => this.#deliver(bytes, stream)));
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
const GZIP = Buffer.from([0x1f, 0x8b]);
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const OPENING_BRACE = 0x7b;

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
  // No coding begins with the brace that a response begins with.
  if (firstCharacter(head) === OPENING_BRACE) return 'plain';
  if (beginsWith(head, GZIP)) return 'gzip';
  if (head.length < ENOUGH && !isWhole) return undefined;
  if (isText(head)) return 'plain';
  if (hasZlibHeader(head)) return 'deflate';
  // `identity`, `none` or a charset mean nothing; what else there is a JSON parser will refuse.
  const named = /\b(deflate|br)\b/i.exec(contentEncoding() ?? '')?.[1]?.toLowerCase();
  return named === 'deflate' ? 'deflate-raw' : named === 'br' ? 'br' : 'plain';
}

function beginsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.length >= magic.length && bytes.compare(magic, 0, magic.length, 0, magic.length) === 0;
}

function firstCharacter(bytes: Buffer): number | undefined {
  // Nearly every body.
  if (bytes[0] === OPENING_BRACE) return OPENING_BRACE;
  let at = beginsWith(bytes, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  while (isWhiteSpace(bytes[at])) at += 1;
  return bytes[at];
}

function isWhiteSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Compressed bytes are not printable all of them, not {@link ENOUGH} in a row. */
function isText(bytes: Buffer): boolean {
  return bytes.subarray(0, ENOUGH).every((byte) => (byte >= 0x20 && byte < 0x7f) || isWhiteSpace(byte));
}

/** RFC 1950: the method is 8, and the two bytes are a multiple of 31. */
function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length >= 2 && ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}

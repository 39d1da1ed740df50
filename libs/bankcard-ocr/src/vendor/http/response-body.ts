import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { connectionError } from './transport-error.js';
import type { ResponseListener } from './transport.js';

interface Source {
  pause(): unknown;
  resume(): unknown;
}

interface Sink {
  write(bytes: Buffer): void;
  end(): void;
}

const NOTHING = Buffer.alloc(0);

/** A gateway compresses what a server has compressed already; more often than this is an attack. */
const MOST_CODINGS = 3;

/** The body of one response, counted as it comes, decompressed, stopped while the receiver wants no more. */
export class ResponseBody {
  /** Nearly every body is not compressed and begins with a brace: it needs no layer. */
  #isPlain = false;
  #outermost: Sink | undefined;
  readonly #decompressors: Transform[] = [];
  #isOver = false;

  /** @param done is called once, at the end or with what ended the body early */
  constructor(
    private readonly receiver: ResponseListener,
    private readonly head: { readonly status: number; readonly header: (name: string) => string | undefined },
    private readonly connection: Source,
    private readonly done: (error?: Error) => void,
  ) {}

  write(bytes: Buffer): void {
    if (this.#isOver) return;
    try {
      this.receiver.received(bytes.length);
      if (!this.#outermost && !this.#isPlain) this.#isPlain = firstCharacter(bytes) === OPENING_BRACE;
      if (this.#isPlain) this.#deliver(bytes, this.connection);
      else this.#outerLayer().write(bytes);
    } catch (error) {
      this.end(error as Error);
    }
  }

  /** All bytes have come from the connection, or no more will, because of an error. */
  end(error?: Error): void {
    if (this.#isOver) return;
    if (error || this.#isPlain) return this.#finish(error);
    try {
      this.#outerLayer().end();
    } catch (thrown) {
      this.#finish(thrown as Error);
    }
  }

  #finish(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const stream of this.#decompressors) stream.destroy();
    this.done(error);
  }

  #outerLayer(): Sink {
    const { status, header } = this.head;
    // These have no body to decompress, whatever they say.
    const isBodiless = status === 204 || status === 304;
    return (this.#outermost ??= this.#layer(
      isBodiless ? [] : namedCodings(header('content-encoding')),
      this.connection,
    ));
  }

  /** The body between two codings: collected until its own coding is known, then passed on. */
  #layer([named, ...others]: readonly ContentCoding[], source: Source): Sink {
    let head: Buffer = NOTHING;
    let sink: Sink | undefined;
    const write = (bytes: Buffer, isWhole: boolean): void => {
      if (sink) return sink.write(bytes);
      head = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
      const coding = codingOf(head, named, isWhole);
      if (coding === undefined) return;
      sink =
        coding === 'plain' || head.length === 0
          ? { write: (plain) => this.#deliver(plain, source), end: () => this.#finish() }
          : this.#decompress(coding, others, source);
      if (head.length > 0) sink.write(head);
    };
    return {
      write: (bytes) => write(bytes, false),
      end: () => {
        if (!sink) write(NOTHING, true);
        sink?.end();
      },
    };
  }

  #decompress(coding: Exclude<ContentCoding, 'plain'>, others: readonly ContentCoding[], source: Source): Sink {
    if (this.#decompressors.length >= MOST_CODINGS) {
      throw connectionError('ERR_CONTENT_ENCODING_UNKNOWN', 'the response is compressed again and again');
    }
    const stream = decompressor(coding);
    this.#decompressors.push(stream);
    const next = this.#layer(others, stream);
    const attempt = (action: () => void) => {
      if (this.#isOver) return;
      try {
        action();
      } catch (error) {
        this.#finish(error as Error);
      }
    };
    stream.on('data', (bytes: Buffer) => attempt(() => next.write(bytes)));
    stream.once('end', () => attempt(() => next.end()));
    stream.on('error', (error) => this.#finish(error));
    return {
      write: (bytes) => {
        if (stream.write(bytes)) return;
        source.pause();
        stream.once('drain', () => source.resume());
      },
      end: () => void stream.end(),
    };
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
type ContentCoding = 'plain' | 'gzip' | 'deflate' | 'deflate-raw' | 'br' | 'zstd';

const CODINGS: readonly ContentCoding[] = ['gzip', 'deflate', 'br', 'zstd'];

/** This many bytes tell every coding from text. */
const ENOUGH = 16;
const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const OPENING_BRACE = 0x7b;

/** Larger steps than zlib's own 16 KiB: each of them is a trip to another thread and back. */
const STEPS = { chunkSize: 65_536, highWaterMark: 262_144 };
/** As curl and browsers do: what lacks its check sum is read as far as it goes. Whether it is whole the JSON tells. */
const LENIENT = { ...STEPS, finishFlush: zlib.constants.Z_SYNC_FLUSH };
const LENIENT_BROTLI = { ...STEPS, finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH };

/** Node.js knows Zstandard from 22.15 on. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: typeof STEPS) => Transform };

const DECOMPRESSORS: Readonly<Record<Exclude<ContentCoding, 'plain'>, (() => Transform) | undefined>> = {
  gzip: () => zlib.createGunzip(LENIENT),
  deflate: () => zlib.createInflate(LENIENT),
  'deflate-raw': () => zlib.createInflateRaw(LENIENT),
  br: () => zlib.createBrotliDecompress(LENIENT_BROTLI),
  zstd: createZstdDecompress && (() => createZstdDecompress(STEPS)),
};

/** The codings that a header names, the one that was applied last first; `identity`, `none` or a charset mean nothing. */
export function namedCodings(header: string | undefined): ContentCoding[] {
  const names = header?.toLowerCase().split(',') ?? [];
  const codings = names.map((name) => CODINGS.find((coding) => coding === name.trim().replace(/^x-/, '')));
  return codings.filter((coding) => coding !== undefined).toReversed();
}

/**
 * Servers and gateways announce codings that they did not apply, apply some that they do not announce, and disagree on
 * what `deflate` is: the first bytes tell.
 * @returns undefined while there are too few bytes
 */
export function codingOf(head: Buffer, named: ContentCoding | undefined, isWhole: boolean): ContentCoding | undefined {
  // No coding begins with the brace that a response begins with.
  if (firstCharacter(head) === OPENING_BRACE) return 'plain';
  if (beginsWith(head, GZIP)) return 'gzip';
  if (beginsWith(head, ZSTD)) return 'zstd';
  if (head.length < ENOUGH && !isWhole) return undefined;
  if (isText(head)) return 'plain';
  if (hasZlibHeader(head)) return 'deflate';
  return named === 'deflate' ? 'deflate-raw' : (named ?? 'plain');
}

/** @throws for a coding that this version of Node.js cannot read */
function decompressor(coding: Exclude<ContentCoding, 'plain'>): Transform {
  const create = DECOMPRESSORS[coding];
  if (create) return create();
  throw connectionError('ERR_CONTENT_ENCODING_UNKNOWN', `the response is in ${coding}, which this Node.js cannot read`);
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

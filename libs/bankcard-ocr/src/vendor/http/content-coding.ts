import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { connectionError } from './connection-error.js';

/** How the bytes of a body are coded (RFC 9110, section 8.4.1), `deflate-raw` being what many servers take `deflate` for. */
export type ContentCoding = 'plain' | 'gzip' | 'deflate' | 'deflate-raw' | 'br' | 'zstd';

/** What the header may call them. Everything else, such as `identity`, `none` or the name of a charset, says nothing. */
const NAMES: ReadonlyMap<string, ContentCoding> = new Map([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['x-deflate', 'deflate'],
  ['br', 'br'],
  ['zstd', 'zstd'],
]);

/** So many bytes tell every coding from text. */
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

/** The codings that a header names, the one that was applied last first. */
export function namedCodings(header: string | undefined): ContentCoding[] {
  if (header === undefined) return [];
  const codings = header.split(',').map((name) => NAMES.get(name.trim().toLowerCase()));
  return codings.filter((coding) => coding !== undefined).toReversed();
}

/**
 * Tell the coding of a body from its first bytes. The header is asked only where they leave it open: servers and gateways
 * announce codings that they did not apply, apply some that they do not announce, and disagree on what `deflate` is.
 *
 * @param named what the header says of it
 * @param isWhole whether no more bytes follow
 * @returns undefined while there are too few bytes
 */
export function codingOf(head: Buffer, named: ContentCoding | undefined, isWhole: boolean): ContentCoding | undefined {
  // No coding begins with the brace that an answer begins with.
  if (firstCharacter(head) === OPENING_BRACE) return 'plain';
  if (beginsWith(head, GZIP)) return 'gzip';
  if (beginsWith(head, ZSTD)) return 'zstd';
  if (head.length < ENOUGH && !isWhole) return undefined;
  if (isText(head)) return 'plain';
  if (hasZlibHeader(head)) return 'deflate';
  return named === 'deflate' ? 'deflate-raw' : (named ?? 'plain');
}

/** @throws for a coding that this version of Node.js cannot read */
export function decompressor(coding: Exclude<ContentCoding, 'plain'>): Transform {
  const create = DECOMPRESSORS[coding];
  if (create) return create();
  throw connectionError('ERR_CONTENT_ENCODING_UNKNOWN', `the answer is in ${coding}, which this Node.js cannot read`);
}

function beginsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.length >= magic.length && bytes.compare(magic, 0, magic.length, 0, magic.length) === 0;
}

function firstCharacter(bytes: Buffer): number | undefined {
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

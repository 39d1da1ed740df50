import type { Duplex } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { connectionFault } from './connection-fault.js';

/** Larger steps than zlib's own 16 KiB: each of them is a trip to another thread and back. */
const STEPS = { chunkSize: 65_536, highWaterMark: 262_144 };

const DECOMPRESSION: Readonly<Record<string, () => Duplex>> = {
  gzip: () => createGunzip(STEPS),
  'x-gzip': () => createGunzip(STEPS),
  deflate: () => createInflate(STEPS),
  br: () => createBrotliDecompress(STEPS),
};

/**
 * What the body of an answer has to go through. Nothing asks for compression, but a gateway in between may compress all
 * the same.
 *
 * @returns undefined for a body that is not compressed
 * @throws for an encoding that nobody here can read
 */
export function decompressionOf(status: number, encoding: string | undefined): Duplex | undefined {
  const name = encoding?.trim().toLowerCase() ?? '';
  // These have no body to decompress, whatever they say.
  if (name === '' || name === 'identity' || status === 204 || status === 304) return undefined;
  const create = Object.hasOwn(DECOMPRESSION, name) ? DECOMPRESSION[name] : undefined;
  if (!create) throw connectionFault('ERR_CONTENT_ENCODING_UNKNOWN', 'the answer has an unknown content-encoding');
  return create();
}

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** An object as it is stored. */
export interface S3Object {
  readonly bytes: Buffer;
  /** Its `x-amz-meta-` headers, and the checksums that it came with. */
  readonly headers: Readonly<Record<string, string>>;
  readonly modifiedAt: number;
}

export function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

const CHECKSUMS: Readonly<Record<string, (bytes: Buffer) => string>> = {
  'x-amz-checksum-sha256': (bytes) => createHash('sha256').update(bytes).digest('base64'),
  'x-amz-checksum-sha1': (bytes) => createHash('sha1').update(bytes).digest('base64'),
  'x-amz-checksum-crc32': (bytes) => {
    const value = Buffer.alloc(4);
    value.writeUInt32BE(crc32(bytes));
    return value.toString('base64');
  },
};

/** The headers of a request that name a checksum of its body. */
export function checksumHeaders(headers: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(headers).filter((name) => /^x-amz-checksum-(?!mode|type|algorithm)/.test(name));
}

/** @returns undefined for an algorithm that the sandbox does not know */
export function checksumOf(header: string, bytes: Buffer): string | undefined {
  return CHECKSUMS[header]?.(bytes);
}

/** In the order in which S3 lists: that of the bytes of the names. */
export function sortedKeys(objects: ReadonlyMap<string, S3Object>, prefix: string): string[] {
  // Sorting all of them for each list would make a large bucket slow.
  const wanted = [...objects.keys()].filter((key) => key.startsWith(prefix));
  return wanted.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

export function xml(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content)}`;
}

export function element(name: string, content: string): string {
  return `<${name}>${content}</${name.split(' ')[0]}>`;
}

export function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

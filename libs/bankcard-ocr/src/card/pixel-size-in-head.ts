import { type ImageType, mediaTypeOf } from './card-photo.js';
import type { PixelSize } from './pixel-size.js';

/** So many bytes tell the size for every type that keeps it in a fixed place. */
export const HEAD_LENGTH = 30;

type SizeReader = (head: Buffer) => PixelSize | undefined;

/** JPEG is missing: there the size may stand anywhere. */
const READERS: Readonly<Partial<Record<ImageType, readonly [needed: number, read: SizeReader]>>> = {
  'image/png': [24, readPng],
  'image/bmp': [26, readBmp],
  'image/gif': [10, (head) => ({ width: head.readUInt16LE(6), height: head.readUInt16LE(8) })],
  'image/webp': [HEAD_LENGTH, readWebp],
};

/** BITMAPCOREHEADER: sizes of 16 bits. */
const BMP_CORE_HEADER = 12;
/** BITMAPINFOHEADER, what grew out of it, and those of OS/2: sizes of 32 bits. */
const BMP_INFO_HEADERS: ReadonlySet<number> = new Set([16, 40, 52, 56, 64, 108, 124]);

/** @param head the first {@link HEAD_LENGTH} bytes of a file, or as many as there are */
export function pixelSizeInHead(head: Buffer): PixelSize | undefined {
  const [needed = Infinity, read] = READERS[mediaTypeOf(head) as ImageType] ?? [];
  const size = head.length < needed ? undefined : read?.(head);
  return size && size.width > 0 && size.height > 0 ? size : undefined;
}

function readPng(head: Buffer): PixelSize | undefined {
  if (head.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  return { width: head.readInt32BE(16), height: head.readInt32BE(20) };
}

function readBmp(head: Buffer): PixelSize | undefined {
  const header = head.readUInt32LE(14);
  if (header === BMP_CORE_HEADER) return { width: head.readUInt16LE(18), height: head.readUInt16LE(20) };
  if (!BMP_INFO_HEADERS.has(header)) return undefined;
  // A negative height means that the rows are stored from the top down.
  return { width: head.readInt32LE(18), height: Math.abs(head.readInt32LE(22)) };
}

function readWebp(head: Buffer): PixelSize | undefined {
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const sizes = head.readUInt32LE(21);
      return { width: (sizes & 0x3fff) + 1, height: ((sizes >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}

import type { PixelSize } from './pixel-size.js';

const MARKER = 0xff;
const START_OF_IMAGE = 0xd8;
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
/** Two bytes of length, which count themselves. */
const LENGTH_BYTES = 2;
/** What a frame header begins with: length, precision, height, width. */
const FRAME_BYTES = 7;

type Expected = 'start' | 'start-of-image' | 'marker' | 'segment' | 'length' | 'frame' | 'nothing';

/**
 * Walks through the segments of a JPEG, from length to length, to its frame header. What is inside a segment is skipped, so
 * a preview within the EXIF data is not taken for the picture.
 */
export class JpegSizeReader {
  size: PixelSize | undefined;
  #expected: Expected = 'start';
  /** Bytes that belong to a segment nobody wants. */
  #toSkip = 0;
  readonly #field = Buffer.alloc(FRAME_BYTES);
  #fieldLength = 0;

  write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && this.#expected !== 'nothing'; at += 1) {
      const skipped = Math.min(this.#toSkip, bytes.length - at);
      this.#toSkip -= skipped;
      at += skipped;
      if (at < bytes.length) this.#take(bytes[at]!);
    }
  }

  #take(byte: number): void {
    switch (this.#expected) {
      case 'start':
        this.#expected = byte === MARKER ? 'start-of-image' : 'nothing';
        return;
      case 'start-of-image':
        this.#expected = byte === START_OF_IMAGE ? 'marker' : 'nothing';
        return;
      case 'marker':
        this.#expected = byte === MARKER ? 'segment' : 'nothing';
        return;
      case 'segment':
        // Any number of these may stand before the byte that tells the kind.
        if (byte !== MARKER) this.#expected = followerOf(byte);
        return;
      case 'length':
        if (this.#collected(byte, LENGTH_BYTES)) this.#skipSegment();
        return;
      case 'frame':
        if (this.#collected(byte, FRAME_BYTES)) this.#readFrame();
        return;
      case 'nothing':
    }
  }

  #collected(byte: number, wanted: number): boolean {
    this.#field[this.#fieldLength] = byte;
    this.#fieldLength += 1;
    if (this.#fieldLength < wanted) return false;
    this.#fieldLength = 0;
    return true;
  }

  #skipSegment(): void {
    const length = this.#field.readUInt16BE(0);
    this.#toSkip = Math.max(0, length - LENGTH_BYTES);
    this.#expected = length < LENGTH_BYTES ? 'nothing' : 'marker';
  }

  #readFrame(): void {
    const length = this.#field.readUInt16BE(0);
    const height = this.#field.readUInt16BE(3);
    const width = this.#field.readUInt16BE(5);
    // A height of 0 is told behind the picture (DNL): nobody writes that, and it would have to be waited for.
    if (length > FRAME_BYTES && width > 0 && height > 0) this.size = { width, height };
    this.#expected = 'nothing';
  }
}

/** What comes behind the byte that tells the kind of a segment. */
function followerOf(kind: number): Expected {
  // SOF0 to SOF15; in between are tables (DHT, DAC) and a reserved kind (JPG).
  if (kind >= 0xc0 && kind <= 0xcf && kind !== 0xc4 && kind !== 0xc8 && kind !== 0xcc) return 'frame';
  // TEM and RST0 to RST7 are segments without a content.
  if (kind === 0x01 || (kind >= 0xd0 && kind <= 0xd7)) return 'marker';
  // The picture itself, or its end, before any frame header; or no kind at all.
  if (kind === 0 || kind === START_OF_IMAGE || kind === END_OF_IMAGE || kind === START_OF_SCAN) return 'nothing';
  return 'length';
}

import { PhotoHead } from './photo-head.js';
import { HEAD_LENGTH, pixelSizeInHead } from './pixel-size-in-head.js';
import { JpegSizeReader } from './pixel-size-of-jpeg.js';
import type { PixelSize } from './pixel-size.js';

/**
 * Reads the size of a JPEG, PNG, BMP, GIF or WebP out of its bytes as they arrive, cut anywhere. Keeps a few bytes whatever
 * comes, and believes what the header says: whether the rest is a picture is not looked at.
 */
export class PixelSizeReader {
  readonly #head = new PhotoHead(HEAD_LENGTH);
  readonly #jpeg = new JpegSizeReader();

  /** Undefined while the header has not come, for other types, and for headers that make no sense. */
  get size(): PixelSize | undefined {
    return this.#jpeg.size ?? pixelSizeInHead(this.#head.bytes);
  }

  write(bytes: Buffer): void {
    this.#head.write(bytes);
    this.#jpeg.write(bytes);
  }
}

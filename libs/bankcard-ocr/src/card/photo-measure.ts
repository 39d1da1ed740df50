import { createHash } from 'node:crypto';
import { MAGIC_LENGTH, mediaTypeOf, type PhotoMediaType } from './card-photo.js';
import { PhotoHead } from './photo-head.js';
import { PixelSizeReader } from './pixel-size.reader.js';

/** What is known of a photo whose bytes have passed by. */
export interface PhotoMeasures {
  /** Size in bytes. */
  readonly size: number;
  /** SHA-256 of the bytes, 64 hex digits in lower case. */
  readonly sha256: string;
  /** By the first bytes, e.g. `image/jpeg`; `application/octet-stream` for bytes that we do not recognise. */
  readonly mediaType: string;
  /** In pixels, as stored (a JPEG may be meant to be turned); missing when the header does not tell. */
  readonly width?: number;
  /** In pixels, as stored. */
  readonly height?: number;
}

/** Measures a photo while its bytes pass by, cut anywhere. */
export class PhotoMeasure {
  readonly #hash = createHash('sha256');
  readonly #head = new PhotoHead(MAGIC_LENGTH);
  readonly #pixels = new PixelSizeReader();
  #size = 0;

  /** Certain as soon as {@link MAGIC_LENGTH} bytes have come. */
  get mediaType(): PhotoMediaType {
    return mediaTypeOf(this.#head.bytes);
  }

  write(bytes: Buffer): void {
    this.#size += bytes.length;
    this.#head.write(bytes);
    this.#pixels.write(bytes);
    this.#hash.update(bytes);
  }

  /** To be called once, when all bytes have come. */
  end(): PhotoMeasures {
    return {
      size: this.#size,
      sha256: this.#hash.digest('hex'),
      mediaType: this.mediaType,
      ...this.#pixels.size,
    };
  }
}

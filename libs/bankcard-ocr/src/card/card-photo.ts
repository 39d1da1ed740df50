import { inspect } from 'node:util';
import { equalityTag, lazyEqualityTag } from '../runtime/equality-tag.js';

/** As taken (`originBankcardPhoto`), the card cut out (`bankcardCropPhoto`), its number (`bankcardNoPhoto`). */
export type PhotoKind = 'original' | 'crop' | 'numberStrip';

/** Every {@link PhotoKind}, in the order in which they are listed. */
export const PHOTO_KINDS: readonly PhotoKind[] = ['original', 'crop', 'numberStrip'];

/** One picture of a card. Printing it, turning it into JSON or copying it shows its kind, type and size, never its bytes. */
export class CardPhoto {
  readonly kind: PhotoKind;
  /** By the first bytes, e.g. `image/jpeg`; `application/octet-stream` for bytes that we do not recognize. */
  readonly mediaType: string;
  readonly size: number;
  /** Distinguishes two photos where objects are compared by their properties; the same bytes have the same tag. */
  declare readonly equalityTag: string;
  static readonly #tag = lazyEqualityTag<CardPhoto>((photo) => equalityTag(photo.#bytes));
  readonly #bytes: Buffer;

  constructor(kind: PhotoKind, bytes: Buffer) {
    // class-transformer makes copies with `new CardPhoto()`, and sets what it found afterwards.
    const given: Buffer | undefined = bytes;
    this.#bytes = given ?? Buffer.alloc(0);
    this.kind = kind;
    this.mediaType = mediaTypeOf(this.#bytes);
    this.size = this.#bytes.length;
    Object.defineProperty(this, 'equalityTag', CardPhoto.#tag);
  }

  /** The picture exactly as Tencent sent it, Base64 removed; personal data. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  toJSON(): { kind: PhotoKind; mediaType: string; size: number } {
    return { kind: this.kind, mediaType: this.mediaType, size: this.size };
  }

  [inspect.custom](): string {
    return `CardPhoto(${this.kind}, ${this.mediaType}, ${this.size} bytes)`;
  }
}

/** The pictures of one order. */
export interface CardPhotos {
  /**
   * - `absent`: photos were not requested.
   * - `pending`: they were requested and none had come when the waiting time (`waitForPhotosMs`) was over; query again.
   * - `gone`: they were requested, none came, and the card was recognized longer ago than Tencent keeps photos
   *   (`assumedVendorRetentionMs`); asking again is of no use.
   * - `complete`: at least one came. One that is missing then stays missing (a crop is, when cropping failed).
   */
  readonly status: 'complete' | 'pending' | 'gone' | 'absent';
  readonly original?: CardPhoto;
  readonly crop?: CardPhoto;
  readonly numberStrip?: CardPhoto;
  /** Photos that came, but not as readable Base64; usually empty. */
  readonly damaged: readonly PhotoKind[];
}

const IMAGE_TYPES = {
  'image/jpeg': { extension: 'jpg', begins: /^\xff\xd8\xff/ },
  'image/png': { extension: 'png', begins: /^\x89PNG\r\n\x1a\n/ },
  'image/bmp': { extension: 'bmp', begins: /^BM/ },
  'image/gif': { extension: 'gif', begins: /^GIF8[79]a/ },
  'image/webp': { extension: 'webp', begins: /^RIFF[^]{4}WEBP/ },
} as const;
export const MAGIC_LENGTH = 12;

export type ImageType = keyof typeof IMAGE_TYPES;

/** What {@link mediaTypeOf} says of bytes that it does not recognize. */
export const UNKNOWN_MEDIA_TYPE = 'application/octet-stream';

export type PhotoMediaType = ImageType | typeof UNKNOWN_MEDIA_TYPE;

export type PhotoExtension = 'jpg' | 'png' | 'bmp' | 'gif' | 'webp' | 'bin';

export function extensionOf(mediaType: PhotoMediaType): PhotoExtension {
  return mediaType === UNKNOWN_MEDIA_TYPE ? 'bin' : IMAGE_TYPES[mediaType].extension;
}

export function mediaTypeOf(bytes: Buffer): PhotoMediaType {
  const beginning = bytes.toString('latin1', 0, MAGIC_LENGTH);
  const types = Object.keys(IMAGE_TYPES) as ImageType[];
  return types.find((type) => IMAGE_TYPES[type].begins.test(beginning)) ?? UNKNOWN_MEDIA_TYPE;
}

import type { SandboxContext } from '../kyc-sandbox.options.js';
import type { KnownOrder } from '../orders/order-book.js';
import { CARD_CROP_JPEG, CARD_ORIGINAL_JPEG, NUMBER_STRIP_JPEG } from './example-photos.js';

type PhotoFields = Record<string, string>;

/** The photos of an order, each padded to about `photoBytes` when that is more than it has. */
export function photosOf(which: 'all' | 'no-crop' | 'none', photoBytes: number | undefined): PhotoFields {
  if (which === 'none') return {};
  const file = (base64: string): string =>
    photoBytes === undefined ? base64 : padJpeg(Buffer.from(base64, 'base64'), photoBytes).toString('base64');
  return {
    bankcardCropPhoto: which === 'no-crop' ? '' : file(CARD_CROP_JPEG),
    bankcardNoPhoto: file(NUMBER_STRIP_JPEG),
    originBankcardPhoto: file(CARD_ORIGINAL_JPEG),
  };
}

/** A COM segment is FF FE, two bytes of length that count themselves, and up to 65 533 bytes of comment. */
const COMMENT_HEADER_BYTES = 4;
const LONGEST_COMMENT = 65_533;

/** The same picture in about `bytes` bytes: comments are put in behind the JFIF header, decoders skip them. */
function padJpeg(jpeg: Buffer, bytes: number): Buffer {
  const comments: Buffer[] = [];
  for (let missing = bytes - jpeg.length; missing > COMMENT_HEADER_BYTES;) {
    const length = Math.min(missing - COMMENT_HEADER_BYTES, LONGEST_COMMENT);
    const comment = Buffer.alloc(length + COMMENT_HEADER_BYTES, 'SANDBOX ');
    comment.writeUInt16BE(0xfffe, 0);
    comment.writeUInt16BE(length + 2, 2);
    comments.push(comment);
    missing -= comment.length;
  }
  // The JFIF header has to stay the first segment: two bytes of marker behind those of the image, then its length.
  const at = 4 + jpeg.readUInt16BE(4);
  return Buffer.concat([jpeg.subarray(0, at), ...comments, jpeg.subarray(at)]);
}

/** Lets photos come late, once for every order (protocol.md section 3, "delayed by about one second"). */
export class PhotoDelivery {
  readonly #firstRequested = new Map<string, number>();

  constructor(private readonly context: SandboxContext) {}

  of({ orderNo, photos, sentImage }: KnownOrder): { readonly fields: PhotoFields; readonly waitMs: number } {
    const { photoBytes, latePhotos: late } = this.context.settings;
    const own = photosOf(photos, photoBytes);
    const fields = sentImage === undefined ? own : { ...own, originBankcardPhoto: sentImage };
    if (!late) return { fields, waitMs: 0 };
    const now = this.context.clock.monotonic();
    const first = this.#firstRequested.get(orderNo) ?? now;
    this.#firstRequested.set(orderNo, first);
    const waitMs = Math.max(first + late.delayMs - now, 0);
    if (waitMs === 0 || late.as === 'slow') return { fields, waitMs };
    const names = late.as === 'missing' ? [] : Object.keys(fields);
    return { fields: Object.fromEntries(names.map((name) => [name, ''])), waitMs: 0 };
  }
}

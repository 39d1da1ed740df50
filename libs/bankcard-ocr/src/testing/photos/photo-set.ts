import type { Clock } from '../../runtime/clock.js';
import type { KycSandboxSettings } from '../kyc-sandbox.options.js';
import type { KnownOrder } from '../orders/order-book.js';
import { CARD_CROP_JPEG, CARD_ORIGINAL_JPEG, NUMBER_STRIP_JPEG } from './example-photos.js';

/** Photo fields of an answer by the vendor's names, Base64. */
type PhotoFields = Record<string, string>;

/** One answer's photos by `which` and size; padding 3 MB for every answer would cost more than the answer. */
const cache = new Map<string, PhotoFields>();

/** The photos of an order, each padded to about `photoBytes` when that is more than it has. */
export function photosOf(which: 'all' | 'no-crop' | 'none', photoBytes: number | undefined): PhotoFields {
  if (which === 'none') return {};
  const key = `${which} ${photoBytes}`;
  let fields = cache.get(key);
  if (!fields) {
    const file = (base64: string) => (photoBytes === undefined ? base64 : padded(base64, photoBytes));
    fields = {
      bankcardCropPhoto: which === 'no-crop' ? '' : file(CARD_CROP_JPEG),
      bankcardNoPhoto: file(NUMBER_STRIP_JPEG),
      originBankcardPhoto: file(CARD_ORIGINAL_JPEG),
    };
    // A test that tries many sizes must not keep them all.
    if (cache.size >= 8) cache.clear();
    cache.set(key, fields);
  }
  return fields;
}

function padded(base64: string, bytes: number): string {
  return padJpeg(Buffer.from(base64, 'base64'), bytes).toString('base64');
}

const START_OF_IMAGE_BYTES = 2;

/** APP0, the JFIF header, has to stay the first segment. */
const APP0 = 0xffe0;

/** A COM segment is FF FE, two bytes of length that count themselves, and up to 65 533 bytes of comment. */
const COMMENT_HEADER_BYTES = 4;
const LONGEST_COMMENT = 65_533;

/** The same picture in about `bytes` bytes: comments are put in behind the JFIF header, decoders skip them. */
export function padJpeg(jpeg: Buffer, bytes: number): Buffer {
  const comments: Buffer[] = [];
  for (let missing = bytes - jpeg.length; missing > COMMENT_HEADER_BYTES;) {
    const length = Math.min(missing - COMMENT_HEADER_BYTES, LONGEST_COMMENT);
    const comment = Buffer.alloc(length + COMMENT_HEADER_BYTES, 'SANDBOX ');
    comment.writeUInt16BE(0xfffe, 0);
    comment.writeUInt16BE(length + 2, 2);
    comments.push(comment);
    missing -= comment.length;
  }
  const at = endOfHeader(jpeg);
  return Buffer.concat([jpeg.subarray(0, at), ...comments, jpeg.subarray(at)]);
}

function endOfHeader(jpeg: Buffer): number {
  if (jpeg.readUInt16BE(START_OF_IMAGE_BYTES) !== APP0) return START_OF_IMAGE_BYTES;
  return START_OF_IMAGE_BYTES + 2 + jpeg.readUInt16BE(START_OF_IMAGE_BYTES + 2);
}

/** The photo fields of an answer and how long it has to wait for them. */
interface Files {
  readonly fields: Record<string, string>;
  readonly waitMs: number;
}

/** Lets photos come late, once for every order (protocol.md section 3, "delayed by about one second"). */
export class LateFiles {
  readonly #clock: Clock;
  readonly #settings: Readonly<KycSandboxSettings>;
  readonly #firstAsked = new Map<string, number>();

  constructor(clock: Clock, settings: Readonly<KycSandboxSettings>) {
    this.#clock = clock;
    this.#settings = settings;
  }

  of(order: KnownOrder): Files {
    const own = photosOf(order.photos, this.#settings.photoBytes);
    const fields = order.sentImage === undefined ? own : { ...own, originBankcardPhoto: order.sentImage };
    const late = this.#settings.latePhotos;
    if (!late) return { fields, waitMs: 0 };
    const waitMs = this.#firstAskedFor(order.orderNo) + late.delayMs - this.#clock.monotonic();
    if (waitMs <= 0) return { fields, waitMs: 0 };
    if (late.as === 'slow') return { fields, waitMs };
    if (late.as === 'missing') return { fields: {}, waitMs: 0 };
    return { fields: Object.fromEntries(Object.keys(fields).map((name) => [name, ''])), waitMs: 0 };
  }

  #firstAskedFor(orderNo: string): number {
    const first = this.#firstAsked.get(orderNo) ?? this.#clock.monotonic();
    this.#firstAsked.set(orderNo, first);
    return first;
  }
}

import type { Vendor } from '../endpoints/vendor.js';
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

/** The same picture in `bytes` bytes: decoders stop where it ends, and do not see what follows. */
function padJpeg(jpeg: Buffer, bytes: number): Buffer {
  const end = jpeg.subarray(-2);
  const missing = bytes - jpeg.length - end.length;
  return missing > 0 ? Buffer.concat([jpeg, Buffer.alloc(missing, 'SANDBOX '), end]) : jpeg;
}

/** The photos in the response to a query, late once for every order (protocol.md section 3, "delayed by about one second"). */
export function deliverPhotos(
  { settings, clock, photosRequestedAt }: Vendor,
  { orderNo, photos, sentImage }: KnownOrder,
): { readonly fields: PhotoFields; readonly waitMs: number } {
  const { photoBytes, latePhotos: late } = settings;
  const own = photosOf(photos, photoBytes);
  const fields = sentImage === undefined ? own : { ...own, originBankcardPhoto: sentImage };
  if (!late) return { fields, waitMs: 0 };
  const now = clock.monotonic();
  const first = photosRequestedAt.get(orderNo) ?? now;
  photosRequestedAt.set(orderNo, first);
  const waitMs = Math.max(first + late.delayMs - now, 0);
  if (waitMs === 0 || late.as === 'slow') return { fields, waitMs };
  const names = late.as === 'missing' ? [] : Object.keys(fields);
  return { fields: Object.fromEntries(names.map((name) => [name, ''])), waitMs: 0 };
}

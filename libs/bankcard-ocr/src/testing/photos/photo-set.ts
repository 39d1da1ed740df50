import { CARD_CROP_JPEG } from './card-crop.jpeg.js';
import { CARD_ORIGINAL_JPEG } from './card-original.jpeg.js';
import { NUMBER_STRIP_JPEG } from './number-strip.jpeg.js';
import { padJpeg } from './jpeg-padding.js';

/** Photo fields of an answer by the vendor's names, Base64. */
export type PhotoFields = Record<string, string>;

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

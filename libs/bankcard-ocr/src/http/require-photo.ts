import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { CardPhoto, PhotoKind } from '../card/card-photo.js';
import { photoOf } from '../ocr/photo-of.js';
import { PhotoNotFoundException } from './photo-not-found.exception.js';

/**
 * One photo of a result, for a handler under {@link BankCardOcrErrorInterceptor}.
 *
 * @throws {@link PhotoNotFoundException} when it is not there
 * @throws a `BankCardOcrError` `PHOTO_DAMAGED` when it came damaged, `RESULT_GONE` when the vendor no longer keeps it
 */
export function requirePhoto(result: BankCardOcrResult, kind: PhotoKind): CardPhoto {
  const photo = photoOf(result, kind);
  if (photo) return photo;
  const { status } = result.photos;
  throw new PhotoNotFoundException(kind, status === 'pending' || status === 'absent' ? status : 'missing');
}

import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { CardPhoto, PhotoKind } from '../card/card-photo.js';
import { PhotoNotFoundException, type PhotoNotFoundReason } from './photo-not-found.exception.js';

/**
 * One photo of a result.
 *
 * @throws {@link PhotoNotFoundException} when it is not there
 */
export function requirePhoto({ photos }: BankCardOcrResult, kind: PhotoKind): CardPhoto {
  const photo = photos[kind];
  if (photo) return photo;
  throw new PhotoNotFoundException(kind, photos.damaged.includes(kind) ? 'damaged' : REASONS[photos.status]);
}

const REASONS: Readonly<Record<BankCardOcrResult['photos']['status'], PhotoNotFoundReason>> = {
  absent: 'absent',
  pending: 'pending',
  complete: 'missing',
};

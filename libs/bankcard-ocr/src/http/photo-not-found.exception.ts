import { HttpStatus, NotFoundException } from '@nestjs/common';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { CardPhoto, PhotoKind } from '../card/card-photo.js';
import { type Language, text } from '../errors/text.js';
import { photoOf } from '../results/photo-of.js';

/** `pending`: none has come yet; `missing`: others came, this one will not; `absent`: photos were not requested. */
type PhotoNotFoundReason = keyof typeof TEXTS;

const TEXTS = {
  pending: text(
    'the photos of this order are pending: Tencent has not delivered them yet, ask again in 2 seconds',
    '该订单的照片尚未就绪 (pending)，请 2 秒后重试',
  ),
  missing: text('this order has no photo of this kind', '该订单没有此类照片'),
  absent: text('the photos of this order were not asked for', '查询时未请求照片'),
};

/** Photos come about a second late (protocol.md section 3). */
const PENDING_RETRY_AFTER_MS = 2_000;

/** 404 for a photo that is not there; body `{ statusCode, code: 'PHOTO_NOT_FOUND', message, reason }`. */
export class PhotoNotFoundException extends NotFoundException {
  /** Milliseconds; known for `pending` only. The error interceptor makes `Retry-After` of it. */
  readonly retryAfterMs?: number;

  constructor(
    readonly kind: PhotoKind,
    readonly reason: PhotoNotFoundReason,
    language: Language = 'en',
  ) {
    const message = TEXTS[reason][language];
    super({ statusCode: HttpStatus.NOT_FOUND, code: 'PHOTO_NOT_FOUND', message, reason });
    if (reason === 'pending') this.retryAfterMs = PENDING_RETRY_AFTER_MS;
  }
}

/**
 * One photo of a result, for a handler.
 * @throws {@link PhotoNotFoundException}; a `BankCardOcrError` `PHOTO_DAMAGED`, or `RESULT_GONE` when Tencent keeps it
 *   no longer
 */
export function requirePhoto(result: BankCardOcrResult, kind: PhotoKind): CardPhoto {
  const photo = photoOf(result, kind);
  if (photo) return photo;
  const { status } = result.photos;
  throw new PhotoNotFoundException(kind, status === 'pending' || status === 'absent' ? status : 'missing');
}

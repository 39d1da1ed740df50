import { type CustomDecorator, SetMetadata } from '@nestjs/common';

/** Where {@link AllowFullCardNumber} leaves its mark. */
export const FULL_CARD_NUMBER_ALLOWED = Symbol.for('nestjs-bankcard-ocr/full-card-number-allowed');

/**
 * Let a route, or all routes of a controller, answer with full card numbers: `CardNumberMaskingInterceptor` leaves their
 * answers as they are. A `CardNumber` stays masked all the same: the handler itself says `reveal()`.
 */
export function AllowFullCardNumber(): CustomDecorator<symbol> {
  return SetMetadata(FULL_CARD_NUMBER_ALLOWED, true);
}

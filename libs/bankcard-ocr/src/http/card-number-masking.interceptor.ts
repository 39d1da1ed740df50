import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { FULL_CARD_NUMBER_ALLOWED } from './full-card-number.decorator.js';
import { type MaskingRules, ResponseMasking } from './response-masking.js';

/** The options of {@link CardNumberMaskingInterceptor}. */
export interface CardNumberMaskingOptions {
  /**
   * The keys whose texts and numbers are masked, spelled exactly, at any depth.
   * @default ['bankCardNo', 'bankcardNo', 'cardNumber', 'cardNo']
   */
  readonly fields?: readonly string[] | undefined;
  /**
   * `luhn`: mask every text and number of 12 to 19 digits that passes the Luhn check, whatever its key. Every tenth
   * number of that length passes by chance, so keys of order numbers (`orderNo`, `order_no`, `orderNumber`, `bizSeqNo`),
   * of user ids (`userId`, `user_id`, `openApiUserId`) and numbers that are milliseconds since 1970 are left alone.
   * @default undefined, off
   */
  readonly detect?: 'luhn' | undefined;
}

const DEFAULT_FIELDS: readonly string[] = ['bankCardNo', 'bankcardNo', 'cardNumber', 'cardNo'];

/**
 * Masks card numbers in whatever handlers return, at any depth: every `CardNumber`, the values of listed keys and, when
 * wanted, what reads as a card number. What a handler returned is not changed. It does not see what a handler sends
 * itself through `@Res()`, nor the inside of longer texts.
 *
 * Bind it before interceptors that shape answers, so that it sees their work: `@UseInterceptors(new
 * CardNumberMaskingInterceptor())`, or as `APP_INTERCEPTOR` with `useClass`, or with `useValue` to give options. Not
 * `@Injectable()`: Nest would then look for a provider of the options.
 */
export class CardNumberMaskingInterceptor implements NestInterceptor {
  readonly #rules: MaskingRules;
  readonly #reflector = new Reflector();

  constructor({ fields = DEFAULT_FIELDS, detect }: CardNumberMaskingOptions = {}) {
    this.#rules = { fields: new Set(fields), detectLuhn: detect === 'luhn' };
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const places = [context.getHandler(), context.getClass()];
    const allowed = this.#reflector.getAllAndOverride<boolean | undefined>(FULL_CARD_NUMBER_ALLOWED, places);
    if (allowed === true) return next.handle();
    return next.handle().pipe(map((answer: unknown) => new ResponseMasking(this.#rules).mask(answer)));
  }
}

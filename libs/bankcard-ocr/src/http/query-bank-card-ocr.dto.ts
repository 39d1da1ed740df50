import { IsOrderNumber, orderNumberSchema } from './order-number.validation.js';
import { IsQueryFlag } from './query-flag.validation.js';

/**
 * What a client says to have a result queried; for `@Query()`, `@Param()` or `@Body()` under
 * `ValidationPipe({ transform: true, whitelist: true })`, with or without `enableImplicitConversion`.
 */
export class QueryBankCardOcrDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would, so that nobody has to install it. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      orderNo: orderNumberSchema({ required: true, description: 'The order number that was given to the phone SDK' }),
      photos: { required: false, type: () => Boolean, description: 'Ask for the photos too', default: false },
    };
  }

  /** 1 to 32 ASCII letters and digits, as given to the phone SDK. */
  @IsOrderNumber()
  orderNo!: string;

  /** Ask for the photos too; undefined when the client did not say. */
  @IsQueryFlag()
  photos?: boolean | undefined;
}

import { IsOrderNumber, orderNumberSchema } from './order-number.validation.js';

/**
 * The order number of a route such as `bank-cards/:orderNo`; for `@Param()` under `ValidationPipe({ whitelist: true })`.
 * It has nothing that does not stand in the path: `@nestjs/swagger` makes a parameter of the path of every member, and a
 * parameter that the path does not have makes the document invalid.
 */
export class OrderNoParamsDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would, so that nobody has to install it. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      orderNo: orderNumberSchema({ required: true, description: 'The order number that was given to the phone SDK' }),
    };
  }

  /** 1 to 32 ASCII letters and digits, as given to the phone SDK. */
  @IsOrderNumber()
  orderNo!: string;
}

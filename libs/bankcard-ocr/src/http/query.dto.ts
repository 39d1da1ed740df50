import { IsOrderNumber, IsQueryFlag, orderNumberSchema } from './validation.js';

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

/**
 * Whether a client asks for the photos too, e.g. `?photos=true`; for `@Query()` under
 * `ValidationPipe({ transform: true, whitelist: true })`, with or without `enableImplicitConversion`.
 */
export class PhotosQueryDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would, so that nobody has to install it. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      photos: { required: false, type: () => Boolean, description: 'Ask for the photos too', default: false },
    };
  }

  /** Undefined when the client did not say. */
  @IsQueryFlag()
  photos?: boolean | undefined;
}

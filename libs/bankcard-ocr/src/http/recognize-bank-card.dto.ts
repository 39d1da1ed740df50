import { ValidateIf } from 'class-validator';
import { IsOrderNumber, IsUserId, orderNumberSchema, userIdSchema } from './validation.js';

/**
 * What a client says beside an image that is to be recognised: the text fields of a multipart form, under
 * `ValidationPipe({ whitelist: true })`.
 */
export class RecognizeBankCardDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would, so that nobody has to install it. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      orderNo: orderNumberSchema({
        required: false,
        description: 'A new order number; one is made when there is none',
      }),
      userId: userIdSchema({ required: false, description: 'Whose card it is' }),
    };
  }

  /** 1 to 32 ASCII letters and digits, never used before; undefined to have one made. */
  @ValidateIf((_dto, value) => value !== undefined)
  @IsOrderNumber()
  orderNo?: string | undefined;

  /** 1 to 32 ASCII letters and digits; undefined for nobody. */
  @ValidateIf((_dto, value) => value !== undefined)
  @IsUserId()
  userId?: string | undefined;
}

import { ValidateIf } from 'class-validator';
import { ORDER_NUMBER } from '../ocr/order-number.js';
import { USER_ID } from '../ocr/user-id.js';
import { IsOrderNumber } from './order-number.validation.js';
import { IsUserId } from './user-id.validation.js';

/** What a client says to have a launch of the phone SDK made; for `@Body()` under `ValidationPipe({ whitelist: true })`. */
export class CreateSdkLaunchDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would, so that nobody has to install it. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      userId: {
        required: true,
        type: () => String,
        description: 'The user of the phone; another one for every user',
        pattern: USER_ID.source,
        minLength: 1,
        maxLength: 32,
      },
      orderNo: {
        required: false,
        type: () => String,
        description: 'A new order number; one is made when there is none',
        pattern: ORDER_NUMBER.source,
        minLength: 1,
        maxLength: 32,
      },
    };
  }

  /** 1 to 32 ASCII letters and digits. Where the user has logged in, take it from there instead. */
  @IsUserId()
  userId!: string;

  /** 1 to 32 ASCII letters and digits, never used before; undefined to have one made. */
  @ValidateIf((_dto, value) => value !== undefined)
  @IsOrderNumber()
  orderNo?: string;
}

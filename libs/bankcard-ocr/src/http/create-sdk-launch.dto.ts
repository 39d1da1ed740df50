import { ValidateIf } from 'class-validator';
import { IsOrderNumber, orderNumberSchema } from './order-number.validation.js';
import { IsUserId, userIdSchema } from './user-id.validation.js';

/** What a client says to have a launch of the phone SDK made; for `@Body()` under `ValidationPipe({ whitelist: true })`. */
export class CreateSdkLaunchDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would, so that nobody has to install it. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      userId: userIdSchema({ required: true, description: 'The user of the phone; another one for every user' }),
      orderNo: orderNumberSchema({
        required: false,
        description: 'A new order number; one is made when there is none',
      }),
    };
  }

  /** 1 to 32 ASCII letters and digits. Where the user has logged in, take it from there instead. */
  @IsUserId()
  userId!: string;

  /** 1 to 32 ASCII letters and digits, never used before; undefined to have one made. */
  @ValidateIf((_dto, value) => value !== undefined)
  @IsOrderNumber()
  orderNo?: string | undefined;
}

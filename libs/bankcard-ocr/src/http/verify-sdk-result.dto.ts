import { Matches } from 'class-validator';
import { RESULT_SIGNATURE } from '../sdk/sdk-result-verifier.js';
import { IsOrderNumber, orderNumberSchema } from './order-number.validation.js';

/** What an app reports about a result of the phone SDK; for `@Body()` under `ValidationPipe({ whitelist: true })`. */
export class VerifySdkResultDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would, so that nobody has to install it. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      orderNo: orderNumberSchema({ required: true, description: 'The order number of the launch' }),
      sign: {
        required: true,
        type: () => String,
        description: 'The signature that the phone SDK handed back',
        pattern: RESULT_SIGNATURE.source,
        minLength: 40,
        maxLength: 40,
      },
    };
  }

  /** 1 to 32 ASCII letters and digits. */
  @IsOrderNumber()
  orderNo!: string;

  /** 40 hexadecimal digits in any letter case. */
  @Matches(RESULT_SIGNATURE, { message: '$property must be 40 hexadecimal digits' })
  sign!: string;
}

import { Expose } from 'class-transformer';
import { Matches, ValidateIf } from 'class-validator';
import { RESULT_SIGNATURE, SdkLaunch } from '../sdk/sdk-launch.js';
import { IsOrderNumber, IsUserId, orderNumberSchema, userIdSchema } from './validation.js';

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

/** A launch as it is answered to the app that starts the phone SDK; the signature hides from logs here as well. */
export class SdkLaunchResponseDto extends SdkLaunch {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      appId: { required: true, type: () => String, description: "The SDK's openApiAppId" },
      version: { required: true, type: () => String, description: "The SDK's openApiAppVersion", example: '1.0.0' },
      nonce: {
        required: true,
        type: () => String,
        description: "The SDK's openApiNonce",
        minLength: 32,
        maxLength: 32,
      },
      userId: { required: true, type: () => String, description: "The SDK's openApiUserId" },
      orderNo: { required: true, type: () => String, description: "The SDK's orderNo; the result is queried by it" },
      sign: { required: true, type: () => String, description: "The SDK's openApiSign; good for one launch" },
      expiresInMs: {
        required: true,
        type: () => Number,
        description: 'Milliseconds within which the SDK must be started',
      },
    };
  }

  static from(launch: SdkLaunch): SdkLaunchResponseDto {
    return new SdkLaunchResponseDto(launch);
  }
}

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

/** Whether the vendor signed what an app reports, as answered over HTTP. */
export class SdkResultVerdictDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      valid: { required: true, type: () => Boolean, description: 'Whether the vendor signed this order number' },
    };
  }

  static from(valid: boolean): SdkResultVerdictDto {
    return Object.assign(new SdkResultVerdictDto(), { valid });
  }

  @Expose()
  valid!: boolean;
}

import { SdkLaunch } from '../sdk/sdk-launch.js';

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

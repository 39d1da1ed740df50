import { Expose } from 'class-transformer';
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

import { IsQueryFlag } from './query-flag.validation.js';

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

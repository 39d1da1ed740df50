import { Expose } from 'class-transformer';
import { type CardPhotos, PHOTO_KINDS, type PhotoKind } from '../card/card-photo.js';

/** Which photos there are, as answered over HTTP; never their bytes. */
export class CardPhotosDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      status: {
        required: true,
        type: () => String,
        enum: ['complete', 'pending', 'gone', 'absent'],
        description:
          'absent: not asked for; pending: none has come yet, ask again; complete: at least one came; ' +
          'gone: no longer kept by the vendor',
      },
      available: { required: true, isArray: true, enum: PHOTO_KINDS },
    };
  }

  static from(photos: CardPhotos): CardPhotosDto {
    const available = PHOTO_KINDS.filter((kind) => photos[kind] !== undefined);
    return Object.assign(new CardPhotosDto(), { status: photos.status, available });
  }

  @Expose()
  status!: CardPhotos['status'];
  /** The kinds that came. */
  @Expose()
  available!: PhotoKind[];
}

import { IsIn } from 'class-validator';
import { PHOTO_KINDS, type PhotoKind } from 'nestjs-bankcard-ocr';
import { OrderNoParamsDto } from 'nestjs-bankcard-ocr/http';

/** The path of a photo. */
export class PhotoParams extends OrderNoParamsDto {
  @IsIn(PHOTO_KINDS)
  kind!: PhotoKind;
}

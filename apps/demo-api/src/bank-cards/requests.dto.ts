import { IsIn } from 'class-validator';
import { PHOTO_KINDS, type PhotoKind } from 'nestjs-bankcard-ocr';
import { IsOrderNumber, IsQueryFlag } from 'nestjs-bankcard-ocr/http';

/** The query of a card's route; its order number stands in the path. */
export class PhotosFlag {
  @IsQueryFlag()
  photos?: boolean;
}

/** The path of a photo. */
export class PhotoParams {
  @IsOrderNumber()
  orderNo!: string;

  @IsIn(PHOTO_KINDS)
  kind!: PhotoKind;
}

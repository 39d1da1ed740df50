import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { PHOTO_KINDS, type PhotoKind } from 'nestjs-bankcard-ocr';
import { OrderNoParamsDto, RecognizeBankCardDto } from 'nestjs-bankcard-ocr/http';

/** The path of a photo. */
export class PhotoParams extends OrderNoParamsDto {
  @IsIn(PHOTO_KINDS)
  @ApiProperty({
    type: String,
    enum: PHOTO_KINDS,
    description: 'original: as taken; crop: the card; numberStrip: its number',
  })
  kind!: PhotoKind;
}

/** The form of an image, for the OpenAPI document; `readCardUpload` reads it. */
export class CardUploadForm extends RecognizeBankCardDto {
  @ApiProperty({
    type: 'string',
    format: 'binary',
    description: 'The front of the card, as JPEG or PNG; behind the texts',
  })
  image!: Buffer;
}

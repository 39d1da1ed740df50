import { ApiProperty } from '@nestjs/swagger';
import { type BankCardOcrResult, PHOTO_KINDS, type PhotoKind } from 'nestjs-bankcard-ocr';
import { BankCardOcrResponseDto, CardPhotosDto } from 'nestjs-bankcard-ocr/http';

/** Photos with the paths under which this API serves them. */
export class LinkedPhotos extends CardPhotosDto {
  @ApiProperty({
    description: 'The path of each photo that there is, or may be',
    type: 'object',
    properties: Object.fromEntries(PHOTO_KINDS.map((kind) => [kind, { type: 'string' }])),
    additionalProperties: false,
    example: { original: '/bank-cards/exampleCleanCard/photos/original' },
  })
  links!: Partial<Record<PhotoKind, string>>;
}

/** A card as this API sends it: the library's response, and the URLs of its photos. */
export class BankCardView extends BankCardOcrResponseDto {
  declare photos: LinkedPhotos;

  static {
    ApiProperty({ type: () => LinkedPhotos })(this.prototype, 'photos');
  }

  /**
   * @param kinds the photos that this API has; without them, those that came with the result
   * @param status of these photos; without it, that of the result
   */
  static of(
    result: BankCardOcrResult,
    kinds?: readonly PhotoKind[],
    status: CardPhotosDto['status'] = result.photos.status,
  ): BankCardView {
    const view = Object.assign(new BankCardView(), BankCardOcrResponseDto.from(result));
    const available = [...(kinds ?? view.photos.available)];
    // Only a complete set shows which photos will never come.
    const linked = status === 'complete' || status === 'gone' ? available : PHOTO_KINDS;
    const links = Object.fromEntries(linked.map((kind) => [kind, `/bank-cards/${result.orderNo}/photos/${kind}`]));
    view.photos = Object.assign(new LinkedPhotos(), { status, available, links });
    return view;
  }
}

import { Controller, Get, Param, Query, type StreamableFile } from '@nestjs/common';
import { OcrResultService } from 'nestjs-bankcard-ocr';
import { QueryBankCardOcrDto, requirePhoto } from 'nestjs-bankcard-ocr/http';
import { BankCardView } from './bank-card.view.js';
import { photoFile } from './photo-file.js';
import { PhotoShelf } from './photo-shelf.js';
import { PhotoParams, PhotosFlag } from './requests.dto.js';

/** What was recognised on a card, by the order number that the phone SDK was given. */
@Controller('bank-cards')
export class BankCardsController {
  constructor(
    private readonly ocr: OcrResultService,
    private readonly shelf: PhotoShelf,
  ) {}

  /** The card, its number masked; with `?photos=true` also which photos there are. */
  @Get(':orderNo')
  async find(@Param() { orderNo }: QueryBankCardOcrDto, @Query() { photos }: PhotosFlag): Promise<BankCardView> {
    return BankCardView.of(await (photos === true ? this.shelf.take(orderNo) : this.ocr.query(orderNo)));
  }

  /** One photo as it is. */
  @Get(':orderNo/photos/:kind')
  async photo(@Param() { orderNo, kind }: PhotoParams): Promise<StreamableFile> {
    return photoFile(orderNo, requirePhoto(await this.shelf.take(orderNo), kind));
  }
}

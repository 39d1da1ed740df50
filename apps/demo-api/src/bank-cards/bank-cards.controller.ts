import { Controller, Get, Param, Post, Query, Req, Res, type StreamableFile } from '@nestjs/common';
import { OcrResultService, RecognitionService } from 'nestjs-bankcard-ocr';
import { OrderNoParamsDto, PhotosQueryDto } from 'nestjs-bankcard-ocr/http';
import { BankCardView } from './bank-card.view.js';
import { readCardUpload, type UploadReply, type UploadRequest } from './card-upload.js';
import { PhotoSpool } from './photo-spool.js';
import { PhotoParams } from './requests.dto.js';

/** What was recognized on a card: by the order number that the phone SDK was given, or on an image that is sent here. */
@Controller('bank-cards')
export class BankCardsController {
  constructor(
    private readonly ocr: OcrResultService,
    private readonly recognition: RecognitionService,
    private readonly photos: PhotoSpool,
  ) {}

  /** Recognize a card: a form with the image of its front; the response has the order number for all other routes. */
  @Post()
  async recognize(
    @Req() request: UploadRequest,
    @Res({ passthrough: true }) reply: UploadReply,
  ): Promise<BankCardView> {
    const { image, about } = await readCardUpload(request, reply);
    return BankCardView.of(await this.recognition.recognize(image, about));
  }

  /** The card, its number masked; with `?photos=true` also which photos there are. */
  @Get(':orderNo')
  async find(@Param() { orderNo }: OrderNoParamsDto, @Query() { photos }: PhotosQueryDto): Promise<BankCardView> {
    if (photos !== true) return BankCardView.of(await this.ocr.query(orderNo));
    const spooled = await this.photos.take(orderNo);
    return BankCardView.of(spooled.result, [...spooled.photos.keys()]);
  }

  /** One photo as it is. */
  @Get(':orderNo/photos/:kind')
  async photo(@Param() { orderNo, kind }: PhotoParams): Promise<StreamableFile> {
    return this.photos.read(orderNo, kind);
  }
}

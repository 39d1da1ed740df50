import { Controller, Get, Param, Post, Query, Req, Res, type StreamableFile } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type BankCardOcrResult, OcrResultService, RecognitionService } from 'nestjs-bankcard-ocr';
import { AllowFullCardNumber, OrderNoParamsDto, PhotosQueryDto } from 'nestjs-bankcard-ocr/http';
import { OrderArchive } from '../archive/order-archive.js';
import { Audited } from '../audit/audited.decorator.js';
import { Tenant } from '../auth/client-request.js';
import { RequireScopes } from '../auth/require-scopes.decorator.js';
import { ApiCardErrors, ApiImageErrors } from '../docs/api-errors.decorator.js';
import { CARD_EXAMPLE } from '../docs/examples.js';
import { OrderAccess } from '../orders/order-access.js';
import { BankCardView } from './bank-card.view.js';
import { CardNumberView } from './card-number.view.js';
import { readCardUpload, type UploadReply, type UploadRequest } from './card-upload.js';
import { PhotoSpool } from './photo-spool.js';
import { CardUploadForm, PhotoParams } from './requests.dto.js';

const BYTES = { schema: { type: 'string', format: 'binary' } as const };
const PHOTO_CONTENT = { 'image/*': BYTES, 'application/octet-stream': BYTES };

/** What was recognized on a card: by the order number that the phone SDK was given, or on an image that is sent here. */
@ApiTags('bank cards')
@Controller('bank-cards')
export class BankCardsController {
  constructor(
    private readonly ocr: OcrResultService,
    private readonly recognition: RecognitionService,
    private readonly photos: PhotoSpool,
    private readonly orders: OrderAccess,
    private readonly archive: OrderArchive,
  ) {}

  /** Recognize a card: a form with the image of its front; the response has the order number for all other routes. */
  @Post()
  @RequireScopes('recognize')
  @ApiOperation({ summary: 'Recognize a card on an image, which is billed' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ type: CardUploadForm })
  @ApiCreatedResponse({ description: 'The card, its number masked', type: BankCardView, example: CARD_EXAMPLE })
  @ApiCardErrors()
  @ApiImageErrors()
  async recognize(
    @Req() request: UploadRequest,
    @Res({ passthrough: true }) reply: UploadReply,
    @Tenant() tenant: string,
  ): Promise<BankCardView> {
    const { image, about } = await readCardUpload(request, reply);
    const orderNo = await this.orders.claim(about.orderNo, tenant);
    const result = await this.recognition.recognize(image, { userId: about.userId, orderNo });
    this.archive.served(result);
    return BankCardView.of(result);
  }

  /** The card, its number masked; with `?photos=true` also which photos there are. */
  @Get(':orderNo')
  @RequireScopes('cards:read')
  @ApiOperation({ summary: 'Query a card by its order number' })
  @ApiOkResponse({ description: 'The card, its number masked', type: BankCardView, example: CARD_EXAMPLE })
  @ApiCardErrors()
  async find(@Param() { orderNo }: OrderNoParamsDto, @Query() { photos }: PhotosQueryDto): Promise<BankCardView> {
    const kept = photos === true ? await this.archive.photoKinds(orderNo) : undefined;
    if (kept) return BankCardView.of(await this.#query(orderNo), kept, 'complete');
    if (photos !== true) return BankCardView.of(await this.#query(orderNo));
    const spooled = await this.photos.take(orderNo);
    this.archive.served(spooled.result);
    return BankCardView.of(spooled.result, [...spooled.photos.keys()]);
  }

  /** The whole card number, for a client that says why. */
  @Get(':orderNo/number')
  @RequireScopes('cards:reveal')
  @Audited('reveal', { reason: 'required' })
  @AllowFullCardNumber()
  @ApiOperation({ summary: 'Reveal a whole card number, with a line in the audit file' })
  @ApiOkResponse({ description: 'The whole number', type: CardNumberView })
  @ApiCardErrors()
  async reveal(@Param() { orderNo }: OrderNoParamsDto): Promise<CardNumberView> {
    return CardNumberView.of(await this.#query(orderNo));
  }

  /** One photo as it is: from the archive as soon as the order is kept. */
  @Get(':orderNo/photos/:kind')
  @RequireScopes('photos:read')
  @Audited('photo', { reason: 'optional' })
  @ApiOperation({ summary: 'Read a photo, with a line in the audit file' })
  @ApiOkResponse({ description: 'The bytes; what is no known image is sent as a download', content: PHOTO_CONTENT })
  @ApiCardErrors({ photo: true })
  async photo(@Param() { orderNo, kind }: PhotoParams): Promise<StreamableFile> {
    const kept = await this.archive.photo(orderNo, kind);
    if (kept) return kept;
    const photo = await this.photos.read(orderNo, kind);
    this.archive.served({ orderNo });
    return photo;
  }

  /** From Tencent, whose word it is; from the archive when Tencent has deleted it. */
  async #query(orderNo: string): Promise<BankCardOcrResult> {
    try {
      const result = await this.ocr.query(orderNo);
      this.archive.served(result);
      return result;
    } catch (error) {
      const kept = await this.archive.resultAfter(error, orderNo);
      if (kept) return kept;
      throw error;
    }
  }
}

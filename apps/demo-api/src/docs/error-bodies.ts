import { ApiProperty } from '@nestjs/swagger';
import { type BankCardOcrErrorCode, ERROR_TEXTS } from 'nestjs-bankcard-ocr';

const CODES = Object.keys(ERROR_TEXTS) as BankCardOcrErrorCode[];

/** An error about HTTP, the API key, or the form of a request. */
export class HttpErrorBody {
  @ApiProperty({ type: 'integer', example: 401 })
  statusCode!: number;

  @ApiProperty({ type: String, description: 'The name of the status', example: 'Unauthorized' })
  error!: string;

  @ApiProperty({
    description: 'What to do; a list when a validation found several things',
    oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    example: 'send a valid API key in the header x-api-key',
  })
  message!: string | string[];
}

/** An error of a recognition or a query. */
export class CardErrorBody {
  @ApiProperty({ type: 'integer', example: 422 })
  statusCode!: number;

  @ApiProperty({ type: String, enum: CODES, description: 'Decide on this', example: 'CARD_UNREADABLE' })
  code!: BankCardOcrErrorCode;

  @ApiProperty({ type: String, description: 'For people', example: 'Tencent returned -9012: the photo is blurred' })
  message!: string;

  @ApiProperty({ type: String, required: false, description: "Tencent's response code", example: '-9012' })
  vendorCode?: string;

  @ApiProperty({ type: String, required: false, description: "Tencent's running number, for its support" })
  bizSeqNo?: string;

  @ApiProperty({ type: String, required: false, description: 'Of a recognition: the order to query' })
  orderNo?: string;

  @ApiProperty({
    type: Boolean,
    required: false,
    description: 'Of a recognition: it may have been carried out; query the order before sending the image again',
  })
  outcomeUnknown?: boolean;

  @ApiProperty({
    type: [String],
    required: false,
    description: 'Of CARD_REJECTED: the warnings that rejected the card',
  })
  warningCodes?: string[];
}

/** There is no such photo. */
export class PhotoNotFoundBody {
  @ApiProperty({ type: 'integer', enum: [404], example: 404 })
  statusCode!: number;

  @ApiProperty({ type: String, enum: ['PHOTO_NOT_FOUND'], example: 'PHOTO_NOT_FOUND' })
  code!: string;

  @ApiProperty({ type: String, example: 'this order has no photo of this kind' })
  message!: string;

  @ApiProperty({
    type: String,
    enum: ['pending', 'missing', 'absent'],
    description: 'pending: ask again after Retry-After; missing: it stays missing',
    example: 'missing',
  })
  reason!: string;
}

/** The demo has no credentials yet. */
export class StartingBody {
  @ApiProperty({ type: 'integer', enum: [503], example: 503 })
  statusCode!: number;

  @ApiProperty({ type: String, enum: ['starting', 'stopping'], example: 'starting' })
  status!: 'starting' | 'stopping';

  @ApiProperty({ type: String, example: 'no credentials have been obtained from Tencent yet' })
  message!: string;
}

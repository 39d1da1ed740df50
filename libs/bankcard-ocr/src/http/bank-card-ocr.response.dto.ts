import { Expose } from 'class-transformer';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { CardPhotosDto } from './card-photos.response.dto.js';
import { CardValidityDto } from './card-validity.response.dto.js';
import { CardWarningDto } from './card-warning.response.dto.js';

/** A result as it may be answered over HTTP: the card number masked, no photo bytes, no field that we do not know. */
export class BankCardOcrResponseDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      orderNo: { required: true, type: () => String },
      cardNumber: { required: true, type: () => String, description: 'Masked', example: '622202*********0128' },
      validity: { required: true, type: () => CardValidityDto },
      expired: {
        required: false,
        type: () => Boolean,
        description: 'Whether the card has expired; absent when its validity could not be read',
      },
      warnings: { required: true, type: () => [CardWarningDto], description: 'Doubts; the partner decides about them' },
      clarity: { required: false, type: () => Number, description: 'Clarity of the picture, 0 to 100' },
      operatedAt: {
        required: false,
        type: () => String,
        format: 'date-time',
        description: 'When the card was recognised',
      },
      photos: { required: true, type: () => CardPhotosDto },
      retentionEndsAt: {
        required: false,
        type: () => String,
        format: 'date-time',
        description: 'Until when the vendor keeps the result; an assumption of this server',
      },
      bizSeqNo: { required: false, type: () => String, description: "The vendor's running number, for its support" },
    };
  }

  /** Take out of a result what may be answered. */
  static from(result: BankCardOcrResult): BankCardOcrResponseDto {
    const dto = new BankCardOcrResponseDto();
    dto.orderNo = result.orderNo;
    dto.cardNumber = result.cardNumber.masked;
    dto.validity = CardValidityDto.from(result.validity);
    dto.expired = result.validity.expired;
    dto.warnings = result.warnings.map((warning) => CardWarningDto.from(warning));
    dto.clarity = result.clarity;
    dto.operatedAt = result.operatedAt?.toISOString();
    dto.photos = CardPhotosDto.from(result.photos);
    dto.retentionEndsAt = result.retention?.endsAt.toISOString();
    dto.bizSeqNo = result.bizSeqNo;
    return dto;
  }

  @Expose()
  orderNo!: string;
  /** Masked, e.g. `622202*********0128`. */
  @Expose()
  cardNumber!: string;
  @Expose()
  validity!: CardValidityDto;
  /** Undefined when the validity could not be read. */
  @Expose()
  expired?: boolean;
  @Expose()
  warnings!: CardWarningDto[];
  /** 0 to 100. */
  @Expose()
  clarity?: number;
  /** ISO 8601, UTC. */
  @Expose()
  operatedAt?: string;
  @Expose()
  photos!: CardPhotosDto;
  /** Until when the vendor keeps the result, as far as one can tell; ISO 8601, UTC. */
  @Expose()
  retentionEndsAt?: string;
  /** The vendor's running number of the exchange. */
  @Expose()
  bizSeqNo?: string;
}

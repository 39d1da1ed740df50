import { Expose } from 'class-transformer';
import type { BankCardOcrResult, CardWarning } from '../card/bank-card-ocr-result.js';
import { type CardPhotos, PHOTO_KINDS, type PhotoKind } from '../card/card-photo.js';
import type { CardValidity } from '../card/card-validity.js';

/** A doubt about a card, as answered over HTTP. */
class CardWarningDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      code: { required: true, type: () => String, description: "The vendor's warning code", example: '-9113' },
      en: { required: true, type: () => String, description: 'What it means, in English' },
      zh: { required: true, type: () => String, description: 'What it means, in Chinese' },
    };
  }

  static from({ code, en, zh }: CardWarning): CardWarningDto {
    return Object.assign(new CardWarningDto(), { code, en, zh });
  }

  /** The vendor's warning code; decide on this, not on the texts. */
  @Expose()
  code!: string;
  @Expose()
  en!: string;
  @Expose()
  zh!: string;
}

/** How long a card is valid, as answered over HTTP. */
class CardValidityDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      raw: { required: true, type: () => String, description: 'As printed; empty for none', example: '12/2031' },
      month: { required: false, type: () => Number, minimum: 1, maximum: 12 },
      year: { required: false, type: () => Number, description: 'Four digits' },
    };
  }

  static from({ raw, month, year }: CardValidity): CardValidityDto {
    return Object.assign(new CardValidityDto(), { raw, month, year });
  }

  /** The vendor's text; empty when the card shows none. */
  @Expose()
  raw!: string;
  /** 1 to 12; undefined when {@link raw} could not be read. */
  @Expose()
  month?: number;
  /** Four digits; undefined when {@link raw} could not be read. */
  @Expose()
  year?: number;
}

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

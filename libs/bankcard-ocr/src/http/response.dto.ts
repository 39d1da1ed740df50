import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { type CardPhotos, PHOTO_KINDS, type PhotoKind } from '../card/card-photo.js';
import { SdkLaunch } from '../sdk/sdk-launch.js';
import { Described, Shown } from './dto-members.js';

const MAYBE_NUMBER = { required: false, type: () => Number };

class CardWarningDto {
  /** Tencent's warning code; decide on this, not on the texts. */
  @Shown({ description: "Tencent's warning code", example: '-9113' })
  code!: string;
  @Shown({ description: 'What it means, in English', example: 'a photocopy' })
  en!: string;
  @Shown({ description: 'What it means, in Chinese', example: '银行卡复印件' })
  zh!: string;
}

class CardValidityDto {
  @Shown({ description: 'As printed; empty for none', example: '12/2031' })
  raw!: string;
  /** 1 to 12; undefined when {@link raw} could not be read. */
  @Shown({ ...MAYBE_NUMBER, minimum: 1, maximum: 12, description: '1 to 12; absent if unreadable', example: 12 })
  month?: number;
  @Shown({ ...MAYBE_NUMBER, description: 'Four digits; absent if unreadable', example: 2031 })
  year?: number;
}

/** Which photos there are, as sent over HTTP; never their bytes. */
export class CardPhotosDto {
  static from(photos: CardPhotos): CardPhotosDto {
    const available = PHOTO_KINDS.filter((kind) => photos[kind] !== undefined);
    return Object.assign(new CardPhotosDto(), { status: photos.status, available });
  }

  @Shown({
    enum: ['complete', 'pending', 'gone', 'absent'],
    description:
      'absent: not asked for; pending: none has come yet, ask again; complete: at least one came; ' +
      'gone: no longer kept by Tencent',
  })
  status!: CardPhotos['status'];
  @Shown({ type: undefined, isArray: true, enum: PHOTO_KINDS, description: 'The kinds that came' })
  available!: PhotoKind[];
}

/** A result that is safe to send over HTTP: the card number masked, no photo bytes, no unknown field. */
export class BankCardOcrResponseDto {
  static from(result: BankCardOcrResult): BankCardOcrResponseDto {
    const { orderNo, cardNumber, validity, warnings, clarity, operatedAt, photos, retention, bizSeqNo } = result;
    const { raw, month, year, expired } = validity;
    return Object.assign(new BankCardOcrResponseDto(), {
      orderNo,
      cardNumber: cardNumber.masked,
      validity: Object.assign(new CardValidityDto(), { raw, month, year }),
      expired,
      warnings: warnings.map(({ code, en, zh }) => Object.assign(new CardWarningDto(), { code, en, zh })),
      clarity,
      operatedAt: operatedAt?.toISOString(),
      photos: CardPhotosDto.from(photos),
      retentionEndsAt: retention?.endsAt.toISOString(),
      bizSeqNo,
    });
  }

  @Shown({ description: 'The order number of the query' })
  orderNo!: string;
  @Shown({ description: 'Masked', example: '622202*********0128' })
  cardNumber!: string;
  @Shown({ type: () => CardValidityDto, description: 'How long the card is valid' })
  validity!: CardValidityDto;
  /** Undefined when the validity could not be read. */
  @Shown({ required: false, type: () => Boolean, description: 'Whether the card has expired; absent when unknown' })
  expired?: boolean;
  @Shown({ type: () => [CardWarningDto], description: 'Doubts; the partner decides about them' })
  warnings!: CardWarningDto[];
  @Shown({ ...MAYBE_NUMBER, description: 'Clarity of the picture, 0 to 100' })
  clarity?: number;
  @Shown({ required: false, format: 'date-time', description: 'When the card was recognized' })
  operatedAt?: string;
  @Shown({ type: () => CardPhotosDto, description: 'Which photos there are, never their bytes' })
  photos!: CardPhotosDto;
  /** Until when Tencent keeps the result, as an estimate; ISO 8601, UTC. */
  @Shown({ required: false, format: 'date-time', description: 'Until when Tencent keeps the result; an assumption' })
  retentionEndsAt?: string;
  @Shown({ required: false, description: "Tencent's running number, for its support" })
  bizSeqNo?: string;
}

/** A launch as it is sent to the app that starts the phone SDK; logs do not show the signature. */
export class SdkLaunchResponseDto extends SdkLaunch {
  static {
    const members: Record<string, object> = {
      appId: { description: "The SDK's openApiAppId" },
      version: { description: "The SDK's openApiAppVersion", example: '1.0.0' },
      nonce: { description: "The SDK's openApiNonce", minLength: 32, maxLength: 32 },
      userId: { description: "The SDK's openApiUserId" },
      orderNo: { description: "The SDK's orderNo; the result is queried by it" },
      sign: { description: "The SDK's openApiSign; good for one launch" },
      expiresInMs: { type: () => Number, description: 'Milliseconds within which the SDK must be started' },
    };
    for (const [name, schema] of Object.entries(members)) Described(schema)(this.prototype, name);
  }

  static from(launch: SdkLaunch): SdkLaunchResponseDto {
    return new SdkLaunchResponseDto(launch);
  }
}

/** Whether Tencent signed what an app reports, as sent over HTTP. */
export class SdkResultVerdictDto {
  static from(valid: boolean): SdkResultVerdictDto {
    return Object.assign(new SdkResultVerdictDto(), { valid });
  }

  @Shown({ type: () => Boolean, description: 'Whether Tencent signed this order number' })
  valid!: boolean;
}

import type { CardNumber } from './card-number.js';
import type { CardPhotos } from './card-photo.js';
import type { CardValidity } from './card-validity.js';
import type { ExtraFields } from './extra-fields.js';

/** How long Tencent still keeps a result and its photos. */
export interface ResultRetention {
  /** When Tencent wipes them. */
  readonly endsAt: Date;
  /** Milliseconds until then, from when the response was read; 0 when that is over. */
  readonly remainingMs: number;
}

/** What Tencent recognized, the same for every host (protocol.md section 3). Safe to print and to turn into JSON. */
export interface BankCardOcrResult {
  readonly orderNo: string;
  /** `bankCardNo` / `bankcardNo`. */
  readonly cardNumber: CardNumber;
  /** `bankCardValidDate` / `bankcardValidDate`. */
  readonly validity: CardValidity;
  /** `warnCode` and `multiWarnCode` (`warningCode`, `multiWarningCode`) united, each code once. */
  readonly warnings: readonly CardWarning[];
  /** `operateTime`: when the card was recognized; Tencent sends no time zone, China time is assumed. */
  readonly operatedAt?: Date;
  /** `clarity` of the picture, 0 to 100. */
  readonly clarity?: number;
  readonly photos: CardPhotos;
  /** Time left to fetch it again, from {@link operatedAt} or `recognizedAt`. Undefined when neither is known. */
  readonly retention?: ResultRetention;
  /** `bizSeqNo`: Tencent's serial number of the request; quote it to Tencent's support. */
  readonly bizSeqNo?: string;
  /** `msg`, with anything that looks like a secret or a card number removed. */
  readonly vendorMessage?: string;
  /** Unknown scalar fields of the response; never printed. */
  readonly extra: ExtraFields;
}

/** A doubt about a recognized card; Tencent lets every one pass, the partner decides (protocol.md section 6). */
export interface CardWarning {
  /** Tencent's warning code, e.g. `-9113`. */
  readonly code: string;
  readonly en: string;
  readonly zh: string;
}

import type { CardNumber } from './card-number.js';
import type { CardPhotos } from './card-photo.js';
import type { CardValidity } from './card-validity.js';
import type { ExtraFields } from './extra-fields.js';

/** How long the vendor goes on keeping a result and its photos. */
export interface ResultRetention {
  /** When the vendor wipes them. */
  readonly endsAt: Date;
  /** Milliseconds until then, from when the response was read; 0 when that is over. */
  readonly remainingMs: number;
}

/**
 * What the vendor recognised on a bank card: the same for every host, page and dialect of the vendor (protocol.md
 * section 3). Safe to print and to turn into JSON: the card number is masked, photos show their size only.
 */
export interface BankCardOcrResult {
  /** The order number that was asked for. */
  readonly orderNo: string;
  /** `bankCardNo` / `bankcardNo`. */
  readonly cardNumber: CardNumber;
  /** `bankCardValidDate` / `bankcardValidDate`. */
  readonly validity: CardValidity;
  /** `warnCode` and `multiWarnCode` (`warningCode`, `multiWarningCode`) united, each code once. */
  readonly warnings: readonly CardWarning[];
  /** `operateTime`: when the card was recognised; the vendor gives no zone, China time is assumed. */
  readonly operatedAt?: Date;
  /** `clarity` of the picture, 0 to 100. */
  readonly clarity?: number;
  readonly photos: CardPhotos;
  /**
   * The time that is left to fetch the result again: {@link operatedAt}, else the `recognizedAt` of the call, and
   * `assumedVendorRetentionMs` (protocol.md section 5). Undefined when neither time is known.
   */
  readonly retention?: ResultRetention;
  /** `bizSeqNo`: the vendor's running number of the exchange; quote it to the vendor's support. */
  readonly bizSeqNo?: string;
  /** `msg`, with anything that looks like a secret or a card number removed. */
  readonly vendorMessage?: string;
  /** Unknown scalar fields of the answer; never printed. */
  readonly extra: ExtraFields;
}

/**
 * A doubt that the vendor reports about a card it recognised all the same. The vendor lets every one of them pass: the
 * partner decides (protocol.md section 6).
 */
export interface CardWarning {
  /** The vendor's warning code, e.g. `-9113`. */
  readonly code: string;
  /** What it means, in English; of a code that we do not know, a sentence that says so. */
  readonly en: string;
  /** What it means, in Chinese. */
  readonly zh: string;
}

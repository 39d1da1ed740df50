import { type BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { ERROR_TEXTS, type BankCardOcrErrorCode } from '../errors/error-codes.js';
import type { CardRejectedError } from '../ocr/card-rejected-error.js';
import { statusOf } from './error-status.js';

/** The language of the messages that clients see. */
export type ErrorLanguage = 'en' | 'zh';

/** The body of an error answer. */
export interface BankCardOcrErrorBody {
  readonly statusCode: number;
  /** Decide on this, not on the message. */
  readonly code: BankCardOcrErrorCode;
  /** Ours, never the vendor's. */
  readonly message: string;
  /** The vendor's `code`; not told when it is about this server's own configuration or privileges. */
  readonly vendorCode?: string;
  /** The vendor's running number of the exchange. */
  readonly bizSeqNo?: string;
  /** Of a recognition, or of a card that was rejected. */
  readonly orderNo?: string;
  /** The image may have been recognised and billed: query the order before sending the image again. */
  readonly outcomeUnknown?: true;
  /** The codes of the warnings for which a card was rejected (`CARD_REJECTED`). */
  readonly warningCodes?: readonly string[];
}

/** What went wrong inside this server is no client's business. */
const NO_DETAILS = { en: 'internal server error', zh: '服务器内部错误' } as const;

/** The body for an error. */
export function errorBody(error: BankCardOcrError, language: ErrorLanguage): BankCardOcrErrorBody {
  const { code, vendorCode, bizSeqNo } = error;
  const statusCode = statusOf(error);
  if (isOurs(error)) return { statusCode, code, message: NO_DETAILS[language] };
  return {
    statusCode,
    code,
    message: messageOf(error, language),
    // The reason of a failed refresh stands on the error as if it were its own.
    ...(vendorCode === undefined || isOurs(error.cause) ? {} : { vendorCode }),
    ...(bizSeqNo === undefined ? {} : { bizSeqNo }),
    ...('orderNo' in error && typeof error.orderNo === 'string' ? { orderNo: error.orderNo } : {}),
    ...('outcomeUnknown' in error && error.outcomeUnknown === true ? { outcomeUnknown: true } : {}),
    ...(isRejection(error) ? { warningCodes: error.warnings.map((warning) => warning.code) } : {}),
  };
}

/** By the code, not by the class: two copies of the library may be installed. */
function isRejection(error: BankCardOcrError): error is CardRejectedError {
  return error.code === 'CARD_REJECTED' && 'warnings' in error && Array.isArray(error.warnings);
}

function isOurs(error: unknown): boolean {
  return isBankCardOcrError(error) && (error.code === 'CONFIGURATION' || error.code === 'ACCESS_DENIED');
}

function messageOf({ code, message, messageZh }: BankCardOcrError, language: ErrorLanguage): string {
  // These tell how this server stands with the vendor, down to the reason of its last failed refresh.
  if (code === 'NO_VALID_TICKET' || code === 'CREDENTIALS_REJECTED') return ERROR_TEXTS[code][language];
  return language === 'zh' ? messageZh : message;
}

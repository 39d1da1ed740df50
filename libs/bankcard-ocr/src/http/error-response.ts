import { HttpException, HttpStatus } from '@nestjs/common';
import { type BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { type BankCardOcrErrorCode, ERROR_TEXTS } from '../errors/error-codes.js';
import type { RecognitionError } from '../recognition/recognition.service.js';
import type { CardRejectedError } from '../results/warning-policy.js';
import { type ErrorLanguage, PhotoNotFoundException } from './photo-not-found.exception.js';

/** What went wrong inside this server is no client's business. */
const NO_DETAILS = { en: 'internal server error', zh: '服务器内部错误' } as const;

function errorBody(error: BankCardOcrError, language: ErrorLanguage, statusCode: number): object {
  const { code, vendorCode, bizSeqNo } = error;
  if (isOurs(error)) return { statusCode, code, message: NO_DETAILS[language] };
  const { orderNo, outcomeUnknown, warnings } = error as Partial<RecognitionError & CardRejectedError>;
  return {
    statusCode,
    code,
    // Ours, never Tencent's.
    message: messageOf(error, language),
    // The error has the reason of a failed refresh as if it were its own.
    ...(vendorCode !== undefined && !isOurs(error.cause) && { vendorCode }),
    ...(bizSeqNo !== undefined && { bizSeqNo }),
    // By their members, not by the class: two copies of the library may be installed.
    ...(typeof orderNo === 'string' && { orderNo }),
    ...(outcomeUnknown === true && { outcomeUnknown }),
    ...(code === 'CARD_REJECTED' && Array.isArray(warnings) && { warningCodes: warnings.map((one) => one.code) }),
  };
}

function isOurs(error: unknown): boolean {
  return isBankCardOcrError(error) && (error.code === 'CONFIGURATION' || error.code === 'ACCESS_DENIED');
}

function messageOf({ code, message, messageZh }: BankCardOcrError, language: ErrorLanguage): string {
  // These describe the state of this server's credentials, down to the reason of its last failed refresh, or its store.
  if (
    code === 'NO_VALID_TICKET' ||
    code === 'CREDENTIALS_REJECTED' ||
    code === 'EVIDENCE_STORE_FAILED' ||
    code === 'TIMESTAMP_FAILED'
  )
    return ERROR_TEXTS[code][language];
  return language === 'zh' ? messageZh : message;
}

/** The HTTP status of every {@link BankCardOcrErrorCode}: 4xx when the client can fix it, 5xx when it cannot. */
export const ERROR_STATUS: Readonly<Record<BankCardOcrErrorCode, number>> = {
  INVALID_ARGUMENT: HttpStatus.BAD_REQUEST,
  ORDER_NOT_FOUND: HttpStatus.NOT_FOUND,
  RESULT_GONE: HttpStatus.GONE,
  CARD_UNREADABLE: HttpStatus.UNPROCESSABLE_ENTITY,
  CARD_REJECTED: HttpStatus.UNPROCESSABLE_ENTITY,
  IMAGE_TYPE_NOT_ACCEPTED: HttpStatus.UNSUPPORTED_MEDIA_TYPE,
  IMAGE_TOO_LARGE: HttpStatus.PAYLOAD_TOO_LARGE,
  PHOTO_DAMAGED: HttpStatus.BAD_GATEWAY,
  RATE_LIMITED: HttpStatus.TOO_MANY_REQUESTS,
  CONFIGURATION: HttpStatus.INTERNAL_SERVER_ERROR,
  ACCESS_DENIED: HttpStatus.INTERNAL_SERVER_ERROR,
  VENDOR_FAULT: HttpStatus.BAD_GATEWAY,
  VENDOR_CODE_UNKNOWN: HttpStatus.BAD_GATEWAY,
  RESPONSE_MALFORMED: HttpStatus.BAD_GATEWAY,
  RESPONSE_TOO_LARGE: HttpStatus.BAD_GATEWAY,
  EVIDENCE_NOT_FOUND: HttpStatus.NOT_FOUND,
  EVIDENCE_INCOMPLETE: HttpStatus.SERVICE_UNAVAILABLE,
  EVIDENCE_RESTRICTED: HttpStatus.FORBIDDEN,
  EVIDENCE_HELD: HttpStatus.CONFLICT,
  EVIDENCE_ERASED: HttpStatus.GONE,
  EVIDENCE_DAMAGED: HttpStatus.INTERNAL_SERVER_ERROR,
  EVIDENCE_STORE_FAILED: HttpStatus.SERVICE_UNAVAILABLE,
  TIMESTAMP_FAILED: HttpStatus.SERVICE_UNAVAILABLE,
  UNREACHABLE: HttpStatus.SERVICE_UNAVAILABLE,
  NO_VALID_TICKET: HttpStatus.SERVICE_UNAVAILABLE,
  CREDENTIALS_REJECTED: HttpStatus.SERVICE_UNAVAILABLE,
  TIMEOUT: HttpStatus.GATEWAY_TIMEOUT,
};

/** The HTTP status of an error; 500 for a code that another version of this library brought. */
export function statusOf({ code, vendorCode }: BankCardOcrError): number {
  // Tencent's code for a body that is too large (protocol.md section 6).
  if (code === 'INVALID_ARGUMENT' && vendorCode === '400601') return HttpStatus.PAYLOAD_TOO_LARGE;
  return Object.hasOwn(ERROR_STATUS, code) ? ERROR_STATUS[code] : HttpStatus.INTERNAL_SERVER_ERROR;
}

export interface ErrorOptions {
  /** The language of `message`. @default 'en' */
  readonly language?: ErrorLanguage | undefined;
}

/** Tencent counts requests by the second. */
const RATE_LIMIT_PAUSE_MS = 1_000;

/** Undefined for an error that is not this library's. `Retry-After` is in whole seconds. */
export function translate(
  error: unknown,
  { language = 'en' }: ErrorOptions,
): { readonly exception: HttpException; readonly headers: Readonly<Record<string, string>> } | undefined {
  if (isBankCardOcrError(error)) {
    const status = statusOf(error);
    const exception = new HttpException(errorBody(error, language, status), status, { cause: error });
    return { exception, headers: retryAfter(retryAfterOf(status, error)) };
  }
  if (!(error instanceof PhotoNotFoundException)) return undefined;
  const exception = language === 'en' ? error : new PhotoNotFoundException(error.kind, error.reason, language);
  return { exception, headers: retryAfter(error.retryAfterMs) };
}

function retryAfterOf(status: number, { retryAfterMs }: BankCardOcrError): number | undefined {
  if (status === HttpStatus.TOO_MANY_REQUESTS.valueOf()) return retryAfterMs ?? RATE_LIMIT_PAUSE_MS;
  return status === HttpStatus.SERVICE_UNAVAILABLE.valueOf() ? retryAfterMs : undefined;
}

function retryAfter(ms: number | undefined): Record<string, string> {
  return ms === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(ms / 1_000))) };
}

export interface HttpResponse {
  header(name: string, value: string): unknown;
  status(status: number): { send(body: unknown): unknown };
  end(): unknown;
  readonly headersSent?: boolean;
  readonly raw?: { readonly headersSent: boolean; end(): unknown };
}

export function hasHeadersSent(response: HttpResponse): boolean {
  return response.headersSent ?? response.raw?.headersSent ?? false;
}

export function setHeaders(response: HttpResponse, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) response.header(name, value);
}

import { HttpStatus } from '@nestjs/common';
import type { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { BankCardOcrErrorCode } from '../errors/error-codes.js';

/** The HTTP status of every {@link BankCardOcrErrorCode}: 4xx when the client can mend it, 5xx when it cannot. */
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
  ANSWER_MALFORMED: HttpStatus.BAD_GATEWAY,
  ANSWER_TOO_LARGE: HttpStatus.BAD_GATEWAY,
  UNREACHABLE: HttpStatus.SERVICE_UNAVAILABLE,
  NO_VALID_TICKET: HttpStatus.SERVICE_UNAVAILABLE,
  CREDENTIALS_REJECTED: HttpStatus.SERVICE_UNAVAILABLE,
  TIMEOUT: HttpStatus.GATEWAY_TIMEOUT,
};

/** Where a vendor code has a status of its own (protocol.md section 6: the body is too large). */
const STATUS_OF_VENDOR_CODE: ReadonlyMap<string | undefined, number> = new Map([
  ['400601', HttpStatus.PAYLOAD_TOO_LARGE],
]);

/** The HTTP status of an error; 500 for a code that another version of this library brought. */
export function statusOf({ code, vendorCode }: BankCardOcrError): number {
  const ownStatus = code === 'INVALID_ARGUMENT' ? STATUS_OF_VENDOR_CODE.get(vendorCode) : undefined;
  if (ownStatus !== undefined) return ownStatus;
  return Object.hasOwn(ERROR_STATUS, code) ? ERROR_STATUS[code] : HttpStatus.INTERNAL_SERVER_ERROR;
}

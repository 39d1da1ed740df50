import { types } from 'node:util';
import {
  BankCardOcrError,
  type BankCardOcrErrorDetails,
  isBankCardOcrError,
} from '../../errors/bank-card-ocr-error.js';
import type { BankCardOcrErrorCode } from '../../errors/error-codes.js';
import { codeOrNameOf, systemCodeOf } from '../../errors/redaction.js';

export const CONNECT_TIMEOUT_CODE = 'BANKCARD_OCR_CONNECT_TIMEOUT';
const UNEXPECTED_UPGRADE_CODE = 'BANKCARD_OCR_UNEXPECTED_UPGRADE';

/** Somebody has to change something, here or in a proxy; every repetition, which the vendor may carry out, is in vain. */
export const MISCONFIGURED = { retryable: false, actor: 'developer' } as const;

/** A failure that a transport finds itself: its message is safe to show. */
export class ConnectionError extends Error {
  constructor(
    readonly code: string,
    message: string,
    cause?: unknown,
    readonly details: Pick<BankCardOcrErrorDetails, 'retryable' | 'actor'> = {},
  ) {
    super(message, { cause });
  }
}

export function closedError(cause?: unknown): ConnectionError {
  const message = 'the connections were closed, as at the end of the application';
  return new ConnectionError('BANKCARD_OCR_CLOSED', message, cause, { retryable: false });
}

/** A response wants to speak another protocol (101), or none that HTTP knows. */
export function unexpectedUpgrade(): ConnectionError {
  return new ConnectionError(UNEXPECTED_UPGRADE_CODE, 'the response switches protocols');
}

const MARKED_AS_NEVER_SENT = new WeakSet<Error>();

/** Note that an error came before anything of the request was sent. */
export function neverSent<E extends Error>(error: E): E {
  MARKED_AS_NEVER_SENT.add(error);
  return error;
}

/** The mark that undici gives to errors of its parser; the name of their class a minified bundle may change. */
const UNDICI_PARSER_ERROR = Symbol.for('undici.error.UND_ERR_HTTP_PARSER');

/** No protocol response came: the exchange failed below the vendor's protocol. */
export class TransportError extends BankCardOcrError {
  constructor(
    code: BankCardOcrErrorCode,
    /** Whether the vendor may have carried the request out all the same. */
    readonly maybeCarriedOut: boolean,
    details: Pick<BankCardOcrErrorDetails, 'message' | 'actor' | 'retryable' | 'retryAfterMs' | 'cause'>,
    /** Whether the head of a successful response had come: then the vendor has carried the request out. */
    readonly wasCarriedOut = false,
  ) {
    super(code, details);
  }
}

/** Those codes of failures before anything of the request was sent that say so by themselves, whoever connected. */
const NEVER_SENT: ReadonlySet<unknown> = new Set([
  CONNECT_TIMEOUT_CODE,
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Those that say so of a connection that is being made; they also end one whose route has died. */
const NEVER_SENT_BY_CONNECT: ReadonlySet<unknown> = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);

/** No HTTP, not even to undici's assertions, or not compressed as it says (Brotli: ERR__ERROR_FORMAT). */
const UNREADABLE = new RegExp(
  `^(HPE_|Z_|ERR__|ERR_STREAM_|ERR_ASSERTION$|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_|${UNEXPECTED_UPGRADE_CODE}$)`,
);

/** Of the original, which carries the URL and with it secrets, only the name and the system's code are kept. */
export function transportError(error: unknown, wasCarriedOut = false): TransportError {
  const errors = withCauses(error);
  const code = errors.map(systemCodeOf).find((one) => one !== undefined);
  const name = codeOrNameOf({ name: errors[0]?.name });
  const isOfParser = (errors[0] as Record<symbol, unknown> | undefined)?.[UNDICI_PARSER_ERROR] === true;
  if (isOfParser || (code !== undefined && UNREADABLE.test(code))) {
    const message = `the response cannot be read: ${code ?? name}`;
    return new TransportError('RESPONSE_MALFORMED', true, { message }, wasCarriedOut);
  }
  const own = errors.find((one) => one instanceof ConnectionError);
  const what = own?.message ?? code ?? name;
  const details = {
    message: `Tencent could not be reached: ${what}`,
    retryable: true,
    ...own?.details,
    cause: Object.assign(new Error(what), { name, code }),
  };
  const maybeCarriedOut = !NEVER_SENT.has(code) && !errors.some(saysNeverSent);
  return new TransportError('UNREACHABLE', maybeCarriedOut, details, wasCarriedOut);
}

/** An error, and what caused it. Where several addresses were tried, Node gives one error that holds the others. */
function withCauses(error: unknown): readonly Error[] {
  const errors: Error[] = [];
  for (let one = error; isError(one) && errors.length < 4;) {
    errors.push(one);
    one = 'errors' in one && Array.isArray(one.errors) ? one.errors[0] : one.cause;
  }
  return errors;
}

/** Errors of Node itself are no instances of Error in every context (Jest's), and those of axios 1.7.0 no native ones. */
function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

function saysNeverSent(error: NodeJS.ErrnoException): boolean {
  const failedToConnect = error.syscall === 'connect' && NEVER_SENT_BY_CONNECT.has(error.code);
  return failedToConnect || MARKED_AS_NEVER_SENT.has(error);
}

/** Only a refusal in the vendor's own words says no; not a lost or unreadable response, or a fault inside Tencent. */
export function isOutcomeUncertain(error: unknown): boolean {
  if (error instanceof TransportError) return error.maybeCarriedOut;
  if (!isBankCardOcrError(error) || error.vendorCode === undefined) return true;
  return error.code === 'RESPONSE_MALFORMED' || error.code === 'VENDOR_FAULT';
}

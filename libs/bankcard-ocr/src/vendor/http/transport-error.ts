import { types } from 'node:util';
import {
  BankCardOcrError,
  type BankCardOcrErrorDetails,
  isBankCardOcrError,
} from '../../errors/bank-card-ocr-error.js';
import type { BankCardOcrErrorCode } from '../../errors/error-codes.js';
import { systemCodeOf } from '../../errors/redaction.js';

/** The `code` of the error that ends a connection which took too long to establish. */
export const CONNECT_TIMEOUT_CODE = 'BANKCARD_OCR_CONNECT_TIMEOUT';

/** The `code` of the error for a proxy that cannot be reached, or that answers nothing; the reason is its `cause`. */
export const PROXY_UNREACHABLE_CODE = 'BANKCARD_OCR_PROXY_UNREACHABLE';

/** The `code` of the error for a proxy that opens no tunnel begins like this and ends in the HTTP status. */
export const PROXY_ANSWERED = 'PROXY_ANSWERED_';

/** The `code` of the error that ends what is under way when all connections are closed, and all that begins later. */
export const CLOSED_CODE = 'BANKCARD_OCR_CLOSED';

/** The `code` of the error for an HttpService of the application's own that answered with something else than a stream. */
export const NO_STREAM_CODE = 'BANKCARD_OCR_NO_STREAM';

/** The `code` of the error for an answer that wants to speak another protocol (101), or none that HTTP knows. */
export const UNEXPECTED_UPGRADE_CODE = 'BANKCARD_OCR_UNEXPECTED_UPGRADE';

const MARKED_AS_NEVER_SENT = new WeakSet<Error>();

/** An error that is known by its code. */
export function connectionError(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code });
}

/** Note that an error came before anything of the request was sent. */
export function neverSent<E extends Error>(error: E): E {
  MARKED_AS_NEVER_SENT.add(error);
  return error;
}

/** Whether {@link neverSent} was said of an error, or of what caused it. */
function wasNeverSent(error: unknown): boolean {
  let one = error as { readonly cause?: unknown } | null | undefined;
  for (let depth = 0; depth < 4 && typeof one === 'object' && one !== null; depth += 1) {
    if (MARKED_AS_NEVER_SENT.has(one as Error)) return true;
    one = one.cause as typeof one;
  }
  return false;
}

const UNDICI_PARSER_ERROR = Symbol.for('undici.error.UND_ERR_HTTP_PARSER');

/** No protocol answer came: the exchange failed below the vendor's protocol. */
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
const NEVER_SENT = new Set([
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
const NEVER_SENT_BY_CONNECT = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);

/**
 * What came was no HTTP, not even to undici's assertions, or not compressed as it says (Brotli has codes like
 * ERR__ERROR_FORMAT): somebody did answer.
 */
const UNREADABLE = new RegExp(
  `^(HPE_|Z_|ZSTD_|ERR__|ERR_STREAM_|ERR_CONTENT|ERR_ASSERTION$|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_|${UNEXPECTED_UPGRADE_CODE}$)`,
);

/**
 * Turn whatever a transport threw into an error that is safe to show: of the original, which carries the URL and with
 * it secrets, only the name and the system's code are kept.
 *
 * @param wasCarriedOut whether the head of a successful response had come
 */
export function transportError(error: unknown, wasCarriedOut = false): TransportError {
  const { name, code } = describe(error);
  if (isParserError(error) || (code !== undefined && UNREADABLE.test(code))) {
    const message = `the answer cannot be read: ${code ?? name}`;
    return new TransportError('RESPONSE_MALFORMED', true, { message }, wasCarriedOut);
  }
  const proxy = proxyResponse(code);
  const what = proxy?.text ?? reasonOf(error, code) ?? name;
  const neverSent = wasNeverSent(error) || (code !== undefined && NEVER_SENT.has(code)) || wasConnecting(error);
  // Somebody has to change something, here or in the proxy; every repetition, which the vendor may carry out, is in vain.
  const misconfigured = proxy?.passing === false || code === NO_STREAM_CODE;
  const details = {
    message: `the vendor could not be reached: ${what}`,
    retryable: code !== CLOSED_CODE && !misconfigured,
    actor: misconfigured ? ('developer' as const) : undefined,
    cause: Object.assign(new Error(what), { name, code }),
  };
  return new TransportError('UNREACHABLE', !neverSent, details, wasCarriedOut);
}

function reasonOf(error: unknown, code: string | undefined): string | undefined {
  if (code === CONNECT_TIMEOUT_CODE) return 'connecting took longer than connectTimeoutMs';
  if (code === CLOSED_CODE) return 'the connections were closed, as at the end of the application';
  if (code === NO_STREAM_CODE) return 'httpService must answer with a stream, as responseType asks it to';
  if (code !== PROXY_UNREACHABLE_CODE) return code;
  return `the proxy cannot be reached: ${rootCode(error) ?? 'no answer'}`;
}

function describe(error: unknown): { name: string; code: string | undefined } {
  // Errors of Node itself are no instances of Error in every context: those of jest, for one.
  if (!types.isNativeError(error)) return { name: 'Error', code: undefined };
  const code = systemCodeOf(error) ?? systemCodeOf(inside(error));
  return { name: /^\w{1,40}$/.test(error.name) ? error.name : 'Error', code };
}

/** By the mark that undici gives it, not by the name of its class, which a minified bundle may change. */
function isParserError(error: unknown): boolean {
  return types.isNativeError(error) && (error as unknown as Record<symbol, unknown>)[UNDICI_PARSER_ERROR] === true;
}

function wasConnecting(error: unknown): boolean {
  if (!types.isNativeError(error)) return false;
  return [error, inside(error)].some((one) => {
    const { code, syscall } = (one ?? {}) as { code?: unknown; syscall?: unknown };
    return syscall === 'connect' && NEVER_SENT_BY_CONNECT.has(String(code));
  });
}

/** The code of what is at the bottom of it. */
function rootCode(error: unknown): string | undefined {
  let code: string | undefined;
  let one = error;
  for (let depth = 0; depth < 4 && types.isNativeError(one); depth += 1) {
    code = systemCodeOf(one) ?? code;
    one = inside(one);
  }
  return code === PROXY_UNREACHABLE_CODE ? undefined : code;
}

function inside(error: Error): unknown {
  // Several addresses were tried; Node then gives one error that holds the others.
  return 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : error.cause;
}

/**
 * Whether the vendor may have carried a request out although it failed. Only a refusal in the vendor's own words says no:
 * not an answer that was lost or cannot be read, not a fault or time-out inside the vendor, not a caller that stopped.
 */
export function isOutcomeUncertain(error: unknown): boolean {
  if (error instanceof TransportError) return error.maybeCarriedOut;
  if (!isBankCardOcrError(error) || error.vendorCode === undefined) return true;
  return error.code === 'RESPONSE_MALFORMED' || error.code === 'VENDOR_FAULT';
}

/** What a proxy that opens no tunnel has said. */
export interface ProxyResponse {
  readonly text: string;
  /** It may say something else the next time. */
  readonly passing: boolean;
}

const HINTS: Readonly<Record<number, string>> = {
  403: ': it does not let connections to this host through',
  407: ': it wants a user name and a password, or other ones (proxy)',
};

/** Read what a proxy has said from the code of an error, if that is one of a proxy. */
export function proxyResponse(code: string | undefined): ProxyResponse | undefined {
  if (!code?.startsWith(PROXY_ANSWERED)) return undefined;
  const status = Number(code.slice(PROXY_ANSWERED.length));
  const passing = status >= 500 || status === 408 || status === 429;
  return { text: `the proxy answered HTTP ${status}${HINTS[status] ?? ''}`, passing };
}

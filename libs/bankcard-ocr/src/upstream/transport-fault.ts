import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { BankCardOcrErrorCode } from '../errors/error-codes.js';
import { CONNECT_TIMEOUT_CODE } from './connect-timeout.js';

/** No protocol answer came: the exchange failed below the vendor's protocol. */
export class TransportFault extends BankCardOcrError {
  override name = 'TransportFault';

  constructor(
    code: BankCardOcrErrorCode,
    /** Whether the vendor may have carried the request out all the same. */
    readonly maybeCarriedOut: boolean,
    details: { message: string; retryable?: boolean; retryAfterMs?: number; cause?: unknown },
  ) {
    super(code, details);
  }
}

/** The codes of failures before anything of the request was sent. */
const NEVER_SENT = new Set([
  CONNECT_TIMEOUT_CODE,
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/**
 * Turn whatever a transport threw into an error that is safe to show: of the original, which carries the URL and with
 * it secrets, only the name and the system's code are kept.
 */
export function transportFault(error: unknown): TransportFault {
  const { name, code } = describe(error);
  // What came was no HTTP, or no gzip: somebody did answer.
  if (code !== undefined && /^(HPE_|Z_|ERR_STREAM_|ERR_CONTENT)/.test(code)) {
    return new TransportFault('ANSWER_MALFORMED', true, { message: `the answer cannot be read: ${code}` });
  }
  const what = code === CONNECT_TIMEOUT_CODE ? 'connecting took longer than connectTimeoutMs' : (code ?? name);
  return new TransportFault('UNREACHABLE', !(code !== undefined && NEVER_SENT.has(code)), {
    message: `the vendor could not be reached: ${what}`,
    cause: Object.assign(new Error(what), { name, code }),
  });
}

function describe(error: unknown): { name: string; code: string | undefined } {
  if (!(error instanceof Error)) return { name: 'Error', code: undefined };
  // Several addresses were tried; Node then gives one error that holds the others.
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  const code = systemCode(error) ?? systemCode(inner);
  return { name: /^\w{1,40}$/.test(error.name) ? error.name : 'Error', code };
}

function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,48}$/.test(code) ? code : undefined;
}

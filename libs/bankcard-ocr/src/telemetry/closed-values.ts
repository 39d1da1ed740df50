import { PHOTO_KINDS } from '../card/card-photo.js';
import { VENDOR_CODES, WARNING_TEXTS } from '../errors/vendor-codes.js';
import type { TicketEvent } from '../credentials/ticket-event.js';
import type { OperationOutcome } from './instrumentation.js';

/** Replaces every value that is not in its list: what Tencent sends can be any text. */
export const OTHER = '_OTHER';

const STORE_FAILED = 'EVIDENCE_STORE_FAILED';

/** The outcomes of exchanges that metrics keep apart; the rest are mistakes of a developer. */
const EXCHANGE_OUTCOMES = [
  'OK',
  'ABORTED',
  'ORDER_NOT_FOUND',
  'CARD_UNREADABLE',
  'RATE_LIMITED',
  'ACCESS_DENIED',
  'CONFIGURATION',
  'CREDENTIALS_REJECTED',
  'VENDOR_FAULT',
  'VENDOR_CODE_UNKNOWN',
  'RESPONSE_MALFORMED',
  'UNREACHABLE',
  'TIMEOUT',
] as const satisfies readonly OperationOutcome[];

/** The outcomes of keeps that metrics keep apart. Errors that are not of the library come from the stores. */
const KEEP_OUTCOMES = [
  'OK',
  'ABORTED',
  'ORDER_NOT_FOUND',
  'RESULT_GONE',
  'CARD_UNREADABLE',
  'RATE_LIMITED',
  'CONFIGURATION',
  'VENDOR_FAULT',
  'UNREACHABLE',
  'TIMEOUT',
  'NO_VALID_TICKET',
  'EVIDENCE_INCOMPLETE',
  'EVIDENCE_ERASED',
  'EVIDENCE_DAMAGED',
  STORE_FAILED,
] as const satisfies readonly OperationOutcome[];

/** Why orders are lost, as far as it makes a difference: a card that cannot be read has no evidence to lose. */
const LOST_CODES = ['RESULT_GONE', 'CARD_UNREADABLE', STORE_FAILED] as const satisfies readonly OperationOutcome[];

const ROUND_OUTCOMES = ['OK', 'FAILED'];

const REJECTION_CODES = Object.entries(VENDOR_CODES).flatMap(([code, { error }]) => {
  return error === 'CREDENTIALS_REJECTED' ? [code] : [];
});

const REFRESH_REASONS = ['initial', 'due', 'rejected', 'requested'];

const CREDENTIAL_EVENTS = [
  'store-failed',
  'store-restored',
  'token-request-in-doubt',
  'refresh-conflict',
  'foreign-refresh-suspected',
  'secret-changed',
  'credentials-unreadable',
] as const satisfies readonly TicketEvent['type'][];
const COUNTED_EVENTS: ReadonlySet<string> = new Set(CREDENTIAL_EVENTS);

/**
 * What counters are rare enough to begin at zero for: the first event is what an operator has to hear of, and for Prometheus
 * a series that begins at one has not grown.
 */
export const RARE = {
  refreshes: REFRESH_REASONS.flatMap((reason) => ['OK', 'FAILED'].map((outcome) => ({ reason, outcome }))),
  rejections: [...REJECTION_CODES, OTHER].map((code) => ({ code })),
  events: CREDENTIAL_EVENTS.map((event) => ({ event })),
};

/** The same for an archive whose orders come from a queue. */
export const RARE_OF_ARCHIVE = {
  lost: [...LOST_CODES, OTHER].map((code) => ({ code })),
  rounds: ROUND_OUTCOMES.map((outcome) => ({ outcome })),
};

/** A function that returns a value of the list as it is, and `_OTHER` for every other one. */
function closed(values: readonly string[]): (value: string | undefined) => string {
  const known = new Set(values);
  return (value) => (value !== undefined && known.has(value) ? value : OTHER);
}

const keepOutcome = closed(KEEP_OUTCOMES);
const lostCode = closed(LOST_CODES);

/**
 * The only ways in which values that come from outside get into an attribute. Lists are closed, so that no response of
 * Tencent can make a new time series: their products add up to fewer than 200 for one account, and 25 for its archive.
 */
export const closedValue = {
  endpoint: closed(['access_token', 'api_ticket', 'getBankCardOcrResult', 'bankcardocrapp']),
  exchangeOutcome: closed(EXCHANGE_OUTCOMES),
  operationOutcome: closed([...EXCHANGE_OUTCOMES, 'CARD_REJECTED', 'NO_VALID_TICKET']),
  refreshReason: closed(REFRESH_REASONS),
  rejectionCode: closed(REJECTION_CODES),
  warningCode: closed(Object.keys(WARNING_TEXTS)),
  /** What the other metrics do not count; undefined for the rest. */
  credentialEvent: (type: string) => (COUNTED_EVENTS.has(type) ? type : undefined),
  photoKind: closed(PHOTO_KINDS),
  keepOutcome: (outcome: OperationOutcome) => keepOutcome(outcome === 'OTHER' ? STORE_FAILED : outcome),
  lostCode: (code: string) => lostCode(code === 'STORE' ? STORE_FAILED : code),
  roundOutcome: closed(ROUND_OUTCOMES),
  /** For spans, which are no time series: every code of Tencent that is documented. */
  vendorCode: closed(['0', ...Object.keys(VENDOR_CODES)]),
};

import type { TicketEvent } from '../credentials/ticket-event.js';
import { ERROR_TEXTS } from '../errors/error-codes.js';
import type { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { VENDOR_CODES } from '../errors/vendor-codes.js';
import type { AttemptEnd } from '../telemetry/instrumentation.js';

/** One request to Tencent, as operators see it: no order number, no `bizSeqNo`, no text of Tencent. */
export interface ShownExchange {
  /** The name of the account; null for the one without a name. */
  readonly account: string | null;
  /** When it ended, ISO 8601 in UTC. */
  readonly at: string;
  readonly endpoint: string;
  /** `OK`, an error code, or `ABORTED`. */
  readonly outcome: string;
  /** Tencent's code; `OTHER` for one that is not a number. */
  readonly vendorCode?: string;
  /** The HTTP status; missing when no response came. */
  readonly status?: number;
  readonly durationMs: number;
  /** Counts the repetitions of one call, from 1. */
  readonly attempt: number;
  /** The generation of credentials that was used. */
  readonly generation?: number;
}

/** Something that happened to the credentials, as operators see it. */
export interface ShownEvent {
  readonly account: string | null;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly event: TicketEvent['type'];
  readonly [member: string]: string | number | boolean | null | undefined;
}

const ENDPOINT = /^[a-z]\w{0,63}$/i;
/** Far shorter than a card number. */
const VENDOR_CODE = /^-?\d{1,10}$/;

/** Tencent's code as it may be shown: a response can have any text in its place. */
export function shownVendorCode(code: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  return VENDOR_CODE.test(code) ? code : 'OTHER';
}

/** What an error code means, or, where it is known, Tencent's code; in both languages. */
export function meaningOf({ code, vendorCode }: Pick<BankCardOcrError, 'code' | 'vendorCode'>): {
  readonly en: string;
  readonly zh: string;
} {
  const known = vendorCode !== undefined && Object.hasOwn(VENDOR_CODES, vendorCode) ? vendorCode : undefined;
  const { en, zh } = known === undefined ? ERROR_TEXTS[code] : VENDOR_CODES[known]!;
  return { en, zh };
}

/** Take of an exchange what may be shown. */
export function showExchange(record: AttemptEnd, atMs: number): ShownExchange {
  const { account = null, endpoint, outcome, vendorCode, status, durationMs, attempt, generation } = record;
  return {
    account,
    at: new Date(atMs).toISOString(),
    // That of a sibling is named by the application.
    endpoint: ENDPOINT.test(endpoint) ? endpoint : 'OTHER',
    outcome,
    vendorCode: shownVendorCode(vendorCode),
    status,
    durationMs: Math.round(durationMs),
    attempt,
    generation,
  };
}

type Members = Readonly<Record<string, string | number | boolean | undefined>>;

/** What is shown of each event, member by member: what is added to an event later is not shown by accident. */
const MEMBERS: { readonly [T in TicketEvent['type']]: (event: Extract<TicketEvent, { type: T }>) => Members } = {
  'credentials-updated': ({ generation, generationId, source, remainingMs }) => {
    return { generation, generationId, source, remainingMs };
  },
  'refresh-started': ({ reason, attempt, forced }) => ({ reason, attempt, forced }),
  'token-pending': ({ generation }) => ({ generation }),
  'token-request-in-doubt': ({ generation }) => ({ generation }),
  'pending-token-refused': rejection,
  'refresh-failed': ({ reason, attempt, error, retryInMs }) => ({ reason, attempt, ...failure(error), retryInMs }),
  'credentials-rejected': rejection,
  'store-failed': ({ operation, error }) => ({ operation, code: error.code }),
  'store-recovered': () => ({}),
  'store-restored': ({ generation }) => ({ generation }),
  'refresh-conflict': ({ generation }) => ({ generation }),
  'foreign-refresh-suspected': (event) => {
    const { ageMs, remainingMs, times } = event;
    return { ...rejection(event), ageMs: Math.round(ageMs), remainingMs: Math.round(remainingMs), times };
  },
  'secret-changed': () => ({}),
  'credentials-unreadable': () => ({}),
};

/** Take of an event what may be shown. */
export function showEvent(event: TicketEvent, account: string | undefined, atMs: number): ShownEvent {
  const members = MEMBERS[event.type](event as never);
  return { account: account ?? null, at: new Date(atMs).toISOString(), event: event.type, ...members };
}

function rejection({ generation, vendorCode }: { generation: number; vendorCode?: string }): Members {
  return { generation, vendorCode: shownVendorCode(vendorCode) };
}

function failure(error: BankCardOcrError): Members {
  return { code: error.code, vendorCode: shownVendorCode(error.vendorCode), actor: error.actor };
}

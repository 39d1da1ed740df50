import { HIGHEST_NUMBER, type TicketRecord } from './ticket-record.js';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value !== '';
const moment: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const whole: Check = (value) => Number.isSafeInteger(value);
const flag: Check = (value) => typeof value === 'boolean';
const count: Check = (value) => whole(value) && (value as number) >= 0 && (value as number) < HIGHEST_NUMBER;

const TOKEN = {
  number: count,
  id: text,
  refreshId: orMissing(text),
  accessToken: text,
  tokenRequestedAtMs: moment,
  tokenLifeMs: moment,
};
const GENERATION = {
  ...TOKEN,
  signTicket: text,
  ticketRequestedAtMs: moment,
  ticketLifeMs: moment,
  contested: orMissing(flag),
};
const EARLIER = { number: count, id: text, signTicket: text, replacedAtMs: moment, endsAtMs: moment };

const RECORD: Readonly<Record<keyof TicketRecord, Check>> = {
  format: (value) => value === 1,
  revision: (value) => count(value) && (value as number) > 0,
  writeId: text,
  secretFingerprint: (value) => typeof value === 'string',
  current: orMissing(has(GENERATION)),
  pending: orMissing(has(TOKEN)),
  unanswered: orMissing(has({ sinceMs: moment, by: text })),
  failed: orMissing(has({ attempts: moment, retryAtMs: moment, pauseMs: orMissing(moment) })),
  forcedAtMs: orMissing(moment),
  writtenBackAtMs: orMissing(moment),
  rejectedId: orMissing(text),
  earlier: orMissing((value) => Array.isArray(value) && value.every(has(EARLIER))),
};

/** A record of another version of this library: it is left alone, and nothing is refreshed beside it. */
export class RecordOfAnotherVersion extends Error {
  override name = 'RecordOfAnotherVersion';
  readonly code = 'RECORD_OF_ANOTHER_VERSION';
}

/**
 * Read a record back from its JSON, a text or the bytes of one.
 *
 * @returns undefined for anything that is not exactly one
 * @throws {@link RecordOfAnotherVersion}
 */
export function parseTicketRecord(json: string | Uint8Array): TicketRecord | undefined {
  const value = parse(json);
  const format: unknown = (value as { format?: unknown } | null | undefined)?.format;
  if (whole(format) && format !== 1) throw new RecordOfAnotherVersion(`a record of format ${String(format)}`);
  return has(RECORD)(value) ? (value as TicketRecord) : undefined;
}

function parse(json: string | Uint8Array): unknown {
  try {
    // Bytes that are no UTF-8 are not taken for characters that nobody has written.
    return JSON.parse(typeof json === 'string' ? json : new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    return undefined;
  }
}

/** Members that nobody asked for are kept: a newer version may have written them. */
function has(members: Readonly<Record<string, Check>>): Check {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    return Object.entries(members).every(([name, check]) => check((value as Record<string, unknown>)[name]));
  };
}

function orMissing(check: Check): Check {
  return (value) => value === undefined || check(value);
}

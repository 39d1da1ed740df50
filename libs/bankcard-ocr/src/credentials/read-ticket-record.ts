import type { TicketRecord } from './ticket-record.js';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value !== '';
const moment: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const whole: Check = (value) => Number.isSafeInteger(value);

const TOKEN = { number: whole, id: text, accessToken: text, tokenRequestedAtMs: moment, tokenLifeMs: moment };
const GENERATION = { ...TOKEN, signTicket: text, ticketRequestedAtMs: moment, ticketLifeMs: moment };
const EARLIER = { number: whole, id: text, signTicket: text, replacedAtMs: moment, endsAtMs: moment };

const RECORD: Readonly<Record<keyof TicketRecord, Check>> = {
  format: (value) => value === 1,
  revision: (value) => whole(value) && (value as number) > 0,
  writeId: text,
  secretFingerprint: (value) => typeof value === 'string',
  current: orMissing(has(GENERATION)),
  pending: orMissing(has(TOKEN)),
  unanswered: orMissing(has({ sinceMs: moment, by: text })),
  failed: orMissing(has({ attempts: moment, retryAtMs: moment })),
  forcedAtMs: orMissing(moment),
  rejectedId: orMissing(text),
  earlier: orMissing((value) => Array.isArray(value) && value.every(has(EARLIER))),
};

/** Read a record back from its JSON text; undefined for anything that is not exactly one. */
export function readTicketRecord(json: string): TicketRecord | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return has(RECORD)(value) ? (value as TicketRecord) : undefined;
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

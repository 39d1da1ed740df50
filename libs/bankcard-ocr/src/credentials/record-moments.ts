import type { RetiredTicket, GenerationRecord, PendingToken, TicketRecord } from './ticket-record.js';

/**
 * Translate every moment of a record from one clock to another.
 *
 * @param byMs milliseconds by which the other clock is ahead
 */
export function shiftTimestamps(record: TicketRecord, byMs: number): TicketRecord {
  const { current, pending, unanswered, failed, forcedAtMs, writtenBackAtMs, earlier } = record;
  return {
    ...record,
    ...(current && { current: shiftGeneration(current, byMs) }),
    ...(pending && { pending: shiftToken(pending, byMs) }),
    ...(unanswered && { unanswered: { ...unanswered, sinceMs: shift(unanswered.sinceMs, byMs) } }),
    ...(failed && { failed: { ...failed, retryAtMs: shift(failed.retryAtMs, byMs) } }),
    ...(forcedAtMs !== undefined && { forcedAtMs: shift(forcedAtMs, byMs) }),
    ...(writtenBackAtMs !== undefined && { writtenBackAtMs: shift(writtenBackAtMs, byMs) }),
    ...(earlier && { earlier: earlier.map((ticket) => shiftEarlier(ticket, byMs)) }),
  };
}

function shiftToken<T extends PendingToken>(token: T, byMs: number): T {
  return { ...token, tokenRequestedAtMs: shift(token.tokenRequestedAtMs, byMs) };
}

function shiftGeneration(generation: GenerationRecord, byMs: number): GenerationRecord {
  return { ...shiftToken(generation, byMs), ticketRequestedAtMs: shift(generation.ticketRequestedAtMs, byMs) };
}

function shiftEarlier(ticket: RetiredTicket, byMs: number): RetiredTicket {
  const { replacedAtMs, endsAtMs } = ticket;
  return { ...ticket, replacedAtMs: shift(replacedAtMs, byMs), endsAtMs: shift(endsAtMs, byMs) };
}

/** A clock may stand before 1970; a record may not. */
function shift(momentMs: number, byMs: number): number {
  return Math.max(0, momentMs + byMs);
}

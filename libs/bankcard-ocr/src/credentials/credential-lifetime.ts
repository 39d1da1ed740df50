import type { Clock } from '../runtime/clock.js';
import { Credentials } from './credentials.js';
import type { GenerationRecord, PendingToken } from './ticket-record.js';

/** The clocks at one moment. */
export type Instant = Pick<Clock, 'now' | 'monotonic'>;

/** Credentials in use, with their moments on this process's monotonic clock, in milliseconds. */
export interface CachedCredentials {
  readonly credentials: Credentials;
  readonly record: GenerationRecord;
  /** When its token was asked for. */
  readonly beganAt: number;
  /** When its ticket was asked for. */
  readonly ticketBeganAt: number;
  /** The end of the ticket, or of the token if that is earlier. */
  readonly endsAt: number;
  /** By how much the monotonic clock was behind the wall clock when it was taken into use. */
  readonly behindMs: number;
}

/** Clocks of one machine are set by small steps now and then; a record written a moment ago is not from the future. */
export const CLOCK_STEP_MS = 1_000;

/**
 * How long ago a moment of a record was.
 *
 * @returns milliseconds, or undefined when it lies in the future: the clock was set back and the age is not known
 */
export function ageMs(recordedAtMs: number, clock: Instant): number | undefined {
  const age = clock.now() - recordedAtMs;
  if (age < -CLOCK_STEP_MS) return undefined;
  return Math.max(age, 0);
}

/**
 * Take a stored generation into use.
 *
 * @returns undefined when it must not be used: it is beyond its life, or its age is not known
 */
export function holdStored(record: GenerationRecord, clock: Instant): CachedCredentials | undefined {
  const tokenAge = ageMs(record.tokenRequestedAtMs, clock);
  const ticketAge = ageMs(record.ticketRequestedAtMs, clock);
  if (tokenAge === undefined || ticketAge === undefined) return undefined;
  const now = clock.monotonic();
  const held = hold(record, now - tokenAge, now - ticketAge, behindMs(clock));
  return held.endsAt > now ? held : undefined;
}

/**
 * Take a generation into use whose requests were sent at these moments of the monotonic clock.
 *
 * @param behindWallMs by how much the monotonic clock was behind the wall clock then: not now, because the machine may have
 *   been suspended while the response was on its way
 */
export function hold(
  record: GenerationRecord,
  tokenSentAt: number,
  ticketSentAt: number,
  behindWallMs: number,
): CachedCredentials {
  return {
    credentials: new Credentials(record.number, record.id, record.accessToken, record.signTicket),
    record,
    beganAt: tokenSentAt,
    ticketBeganAt: ticketSentAt,
    // A ticket dies with its token (protocol.md section 5).
    endsAt: Math.min(tokenSentAt + record.tokenLifeMs, ticketSentAt + record.ticketLifeMs),
    behindMs: behindWallMs,
  };
}

/**
 * The record of a held generation, dated by the wall clock. That may have been set since, or the machine was suspended
 * while its monotonic clock stood still: what is in doubt is taken for older than it is, never for younger.
 */
export function recordOf(held: CachedCredentials, clock: Instant): GenerationRecord {
  const { record, beganAt, ticketBeganAt } = held;
  const offsetMs = Math.min(held.behindMs, behindMs(clock));
  const date = (moment: number): number => Math.max(0, moment + offsetMs);
  return { ...record, tokenRequestedAtMs: date(beganAt), ticketRequestedAtMs: date(ticketBeganAt) };
}

/**
 * The date of a request for a record. Had the wall clock been set back since it was sent, it would seem to come from the
 * future, and nobody could use what it brought.
 */
export function dateOf(
  { epochMs, monotonicMs }: { readonly epochMs: number; readonly monotonicMs: number },
  clock: Instant,
): number {
  const setBackMs = epochMs - monotonicMs - behindMs(clock);
  return setBackMs > CLOCK_STEP_MS ? Math.max(0, epochMs - setBackMs) : epochMs;
}

/** By how much the monotonic clock is behind the wall clock. */
export function behindMs(clock: Instant): number {
  return clock.now() - clock.monotonic();
}

/** By how much the wall clock has run ahead of the monotonic clock since a generation was taken into use. */
export function leaptMs(held: CachedCredentials, clock: Instant): number {
  return Math.max(0, behindMs(clock) - held.behindMs);
}

/** When a generation ends, by its record. */
export function endsAtMs(record: GenerationRecord): number {
  const { tokenRequestedAtMs, tokenLifeMs, ticketRequestedAtMs, ticketLifeMs } = record;
  return Math.min(tokenRequestedAtMs + tokenLifeMs, ticketRequestedAtMs + ticketLifeMs);
}

/** Ages that travelled through a store across the network are uncertain by so much. */
export const UNCERTAIN_MS = 3_000;

/** When the ticket of a held generation was asked for at the latest, on the wall clock: it may have been set since. */
export function askedAtLatestMs(held: CachedCredentials, clock: Instant): number {
  return held.ticketBeganAt + Math.max(held.behindMs, behindMs(clock));
}

/**
 * Whether a stored generation follows the held one. Numbers grow with every refresh, so a higher one follows whatever its date
 * says: clocks are set, here and in the store. A lower one follows only when it was certainly asked for later: the store was
 * emptied, damaged or failed over, and somebody has begun to count anew. Of two with the same number, which were fetched at
 * the same time, the token decides: the later one ends the other and its ticket (protocol.md section 5).
 *
 * @param held dated as early as it may be
 * @param latestMs when it was asked for at the latest
 */
export function isNewer(
  stored: GenerationRecord,
  held: GenerationRecord,
  latestMs: number = held.ticketRequestedAtMs,
): boolean {
  if (stored.id === held.id) return false;
  if (stored.number !== held.number) return stored.number > held.number || stored.ticketRequestedAtMs > latestMs;
  const isSameToken = stored.accessToken === held.accessToken;
  return isSameToken
    ? stored.ticketRequestedAtMs > held.ticketRequestedAtMs
    : stored.tokenRequestedAtMs > held.tokenRequestedAtMs;
}

/** Whether one generation was certainly asked for after another: its token, or when they share a token, its ticket. */
export function wasAskedForAfter(one: CachedCredentials, other: CachedCredentials): boolean {
  if (one.record.accessToken === other.record.accessToken) return one.ticketBeganAt > other.ticketBeganAt;
  return one.beganAt > other.beganAt + UNCERTAIN_MS;
}

/**
 * When a generation is due for its refresh: after the interval, and well before its end. Never sooner than an overlap
 * after it was fetched, whatever life the vendor gives: each refresh ends what other processes hold.
 */
export function dueAt({ beganAt, endsAt }: CachedCredentials, intervalMs: number, overlapMs: number): number {
  const lifeMs = endsAt - beganAt;
  return beganAt + Math.min(intervalMs, Math.max(lifeMs / 2, lifeMs - overlapMs, overlapMs));
}

/** Whether a token that waits for its ticket may still be used. */
export function isAlive(pending: PendingToken, clock: Instant): boolean {
  const age = ageMs(pending.tokenRequestedAtMs, clock);
  return age !== undefined && age < pending.tokenLifeMs;
}

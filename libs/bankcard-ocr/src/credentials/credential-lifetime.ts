import type { Clock } from '../runtime/clock.js';
import { Credentials } from './credentials.js';
import type { GenerationRecord, PendingToken } from './ticket-record.js';

export type Instant = Pick<Clock, 'now' | 'monotonic'>;

/** Credentials in use, with their moments on this process's monotonic clock, in milliseconds. */
export interface CachedCredentials {
  readonly credentials: Credentials;
  readonly record: GenerationRecord;
  /** When its token, and when its ticket was asked for. */
  readonly beganAt: number;
  readonly ticketBeganAt: number;
  /** The end of the ticket, or of the token if that is earlier. */
  readonly endsAt: number;
  /** By how much the monotonic clock was behind the wall clock when it was taken into use. */
  readonly behindMs: number;
}

/** Clocks of one machine are set by small steps now and then; a record written a moment ago is not from the future. */
export const CLOCK_STEP_MS = 1_000;
/** Ages that travelled through a store across the network are uncertain by so much. */
export const UNCERTAIN_MS = 3_000;

/** Milliseconds since a moment of a record; undefined when it lies in the future: the clock was set back. */
export function ageMs(recordedAtMs: number, clock: Instant): number | undefined {
  const age = clock.now() - recordedAtMs;
  return age < -CLOCK_STEP_MS ? undefined : Math.max(age, 0);
}

/** The same; for ever when there is no such moment, or its age is not known. */
export function ageOrInfinity(recordedAtMs: number | undefined, clock: Instant): number {
  return (recordedAtMs === undefined ? undefined : ageMs(recordedAtMs, clock)) ?? Number.POSITIVE_INFINITY;
}

/** Take a stored generation into use; undefined when it is beyond its life, or its age is not known. */
export function holdStored(record: GenerationRecord, clock: Instant): CachedCredentials | undefined {
  const now = clock.monotonic();
  const sentAt = (requestedAtMs: number): number => now - ageOrInfinity(requestedAtMs, clock);
  const held = hold(record, sentAt(record.tokenRequestedAtMs), sentAt(record.ticketRequestedAtMs), behindMs(clock));
  return held.endsAt > now ? held : undefined;
}

/**
 * Take a generation into use whose requests were sent at these moments of the monotonic clock, which was behind the wall
 * clock by `behindWallMs` then: not now, because the machine may have been suspended since.
 */
export function hold(
  record: GenerationRecord,
  beganAt: number,
  ticketBeganAt: number,
  behindWallMs: number,
): CachedCredentials {
  return {
    credentials: new Credentials(record.number, record.id, record.accessToken, record.signTicket),
    record,
    beganAt,
    ticketBeganAt,
    // A ticket dies with its token (protocol.md section 5).
    endsAt: Math.min(beganAt + record.tokenLifeMs, ticketBeganAt + record.ticketLifeMs),
    behindMs: behindWallMs,
  };
}

/**
 * The record of a held generation, dated by the wall clock. That may have been set since, or the machine was suspended
 * while its monotonic clock stood still: what is in doubt is taken for older than it is, never for younger.
 */
export function recordOf(held: CachedCredentials, clock: Instant): GenerationRecord {
  const offsetMs = Math.min(held.behindMs, behindMs(clock));
  const date = (moment: number): number => Math.max(0, moment + offsetMs);
  return { ...held.record, tokenRequestedAtMs: date(held.beganAt), ticketRequestedAtMs: date(held.ticketBeganAt) };
}

/** The date of a request for a record. Had the wall clock been set back since, it would seem to come from the future. */
export function dateOf(
  { epochMs, monotonicMs }: { readonly epochMs: number; readonly monotonicMs: number },
  clock: Instant,
): number {
  const setBackMs = epochMs - monotonicMs - behindMs(clock);
  return setBackMs > CLOCK_STEP_MS ? Math.max(0, epochMs - setBackMs) : epochMs;
}

export function behindMs(clock: Instant): number {
  return clock.now() - clock.monotonic();
}

/** By how much the wall clock has run ahead of the monotonic clock since a generation was taken into use. */
export function leaptMs(held: CachedCredentials, clock: Instant): number {
  return Math.max(0, behindMs(clock) - held.behindMs);
}

/** When a generation ends, by its record. */
export function endsAtMs(record: GenerationRecord): number {
  return Math.min(record.tokenRequestedAtMs + record.tokenLifeMs, record.ticketRequestedAtMs + record.ticketLifeMs);
}

/** When the ticket of a held generation was asked for at the latest, on the wall clock: it may have been set since. */
export function askedAtLatestMs(held: CachedCredentials, clock: Instant): number {
  return held.ticketBeganAt + Math.max(held.behindMs, behindMs(clock));
}

/**
 * Whether a stored generation follows the held one, which was asked for at `latestMs` at the latest. A higher number does,
 * whatever its date says: clocks are set. A lower one only if it was certainly asked for later: the store was emptied or
 * failed over, and the count began anew. Of two with the same number, which were fetched at the same time, the token decides:
 * the later one ends the other and its ticket (protocol.md section 5).
 */
export function isNewer(
  stored: GenerationRecord,
  held: GenerationRecord,
  latestMs: number = held.ticketRequestedAtMs,
): boolean {
  if (stored.id === held.id) return false;
  if (stored.number !== held.number) return stored.number > held.number || stored.ticketRequestedAtMs > latestMs;
  return stored.accessToken === held.accessToken
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

export function isAlive(pending: PendingToken, clock: Instant): boolean {
  return ageOrInfinity(pending.tokenRequestedAtMs, clock) < pending.tokenLifeMs;
}

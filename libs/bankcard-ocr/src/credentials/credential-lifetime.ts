import type { Clock } from '../runtime/clock.js';
import { Credentials } from './credentials.js';
import type { GenerationRecord, PendingToken } from './ticket-record.js';

export type Instant = Pick<Clock, 'now' | 'monotonic'>;

/** Credentials in use, with their timestamps on this process's monotonic clock, in milliseconds. */
export class CachedCredentials {
  readonly credentials: Credentials;
  /** When the ticket expires, or the token if that is earlier: a ticket expires with its token (protocol.md section 5). */
  readonly endsAt: number;

  constructor(
    readonly record: GenerationRecord,
    /** When its token was requested, and when its ticket. */
    readonly beganAt: number,
    readonly ticketBeganAt: number,
    /** By how much the monotonic clock was behind the wall clock then: the machine may have been suspended since. */
    readonly behindMs: number,
  ) {
    this.credentials = new Credentials(record.number, record.id, record.accessToken, record.signTicket);
    this.endsAt = Math.min(beganAt + record.tokenLifeMs, ticketBeganAt + record.ticketLifeMs);
  }
}

/** Clocks are set by small steps now and then; a record that was just written is not from the future. */
export const CLOCK_STEP_MS = 1_000;
/** The uncertainty of ages read from a store across the network. */
export const UNCERTAIN_MS = 3_000;

/** Milliseconds since a timestamp of a record; infinity without one, or for one in the future: the clock was set back. */
export function ageOrInfinity(recordedAtMs: number | undefined, clock: Instant): number {
  const age = clock.now() - (recordedAtMs ?? Number.NEGATIVE_INFINITY);
  return age < -CLOCK_STEP_MS ? Number.POSITIVE_INFINITY : Math.max(age, 0);
}

/** Make a stored generation usable; undefined when it has expired, or its age is unknown. */
export function holdStored(record: GenerationRecord, clock: Instant): CachedCredentials | undefined {
  const now = clock.monotonic();
  const sentAt = (requestedAtMs: number): number => now - ageOrInfinity(requestedAtMs, clock);
  const [beganAt, ticketBeganAt] = [sentAt(record.tokenRequestedAtMs), sentAt(record.ticketRequestedAtMs)];
  const held = new CachedCredentials(record, beganAt, ticketBeganAt, behindMs(clock));
  return held.endsAt > now ? held : undefined;
}

/** The record of a cached generation, dated by the wall clock as it is set now: in doubt too early, never too late. */
export function recordOf(held: CachedCredentials, clock: Instant): GenerationRecord {
  const offsetMs = Math.min(held.behindMs, behindMs(clock));
  const date = (moment: number): number => Math.max(0, moment + offsetMs);
  return { ...held.record, tokenRequestedAtMs: date(held.beganAt), ticketRequestedAtMs: date(held.ticketBeganAt) };
}

/** The date of a request, corrected when the wall clock was set back since: it would seem to lie in the future. */
export function dateOf(
  { epochMs, monotonicMs }: { readonly epochMs: number; readonly monotonicMs: number },
  clock: Instant,
): number {
  const setBackMs = epochMs - monotonicMs - behindMs(clock);
  return setBackMs > CLOCK_STEP_MS ? Math.max(0, epochMs - setBackMs) : epochMs;
}

export function behindMs(clock: Instant, monotonicMs = clock.monotonic()): number {
  return clock.now() - monotonicMs;
}

/** By how much the wall clock has run ahead of the monotonic clock since a generation was cached. */
export function leaptMs(held: CachedCredentials, clock: Instant, monotonicMs?: number): number {
  return Math.max(0, behindMs(clock, monotonicMs) - held.behindMs);
}

export function endsAtMs(record: GenerationRecord): number {
  return Math.min(record.tokenRequestedAtMs + record.tokenLifeMs, record.ticketRequestedAtMs + record.ticketLifeMs);
}

/** The latest possible date of a cached generation's ticket request: the wall clock may have been set since. */
export function askedAtLatestMs(held: CachedCredentials, clock: Instant): number {
  return held.ticketBeganAt + Math.max(held.behindMs, behindMs(clock));
}

/**
 * Whether a stored generation follows the cached one, requested at `latestMs` at the latest. A lower number counts only
 * if it was certainly requested later (an emptied store); of equal numbers the later token wins (section 5).
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

/** Whether one generation was certainly requested after another: its token, or its ticket when they share a token. */
export function wasAskedForAfter(one: CachedCredentials, other: CachedCredentials): boolean {
  if (one.record.accessToken === other.record.accessToken) return one.ticketBeganAt > other.ticketBeganAt;
  return one.beganAt > other.beganAt + UNCERTAIN_MS;
}

/** After the interval, and well before it expires; but never sooner than one overlap after the fetch, however short it lives. */
export function dueAt({ beganAt, endsAt }: CachedCredentials, intervalMs: number, overlapMs: number): number {
  const lifeMs = endsAt - beganAt;
  return beganAt + Math.min(intervalMs, Math.max(lifeMs / 2, lifeMs - overlapMs, overlapMs));
}

export function isAlive(pending: PendingToken, clock: Instant): boolean {
  return ageOrInfinity(pending.tokenRequestedAtMs, clock) < pending.tokenLifeMs;
}

import { ManualClock } from '../testing/manual-clock.js';
import {
  ageOrInfinity,
  dueAt,
  endsAtMs,
  behindMs,
  holdStored,
  isAlive,
  isNewer,
  recordOf,
  UNCERTAIN_MS,
  CachedCredentials,
} from './credential-lifetime.js';
import { aRecord } from './store/ticket-store.contract.test-support.js';
import { type GenerationRecord, isUnfinished } from './ticket-record.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let clock: ManualClock;
beforeEach(() => void (clock = new ManualClock()));

/** A generation that was asked for `ageMs` ago; 2 h of token, 1 h of ticket. */
function aged(age: number, change: Partial<GenerationRecord> = {}): GenerationRecord {
  const at = clock.now() - age;
  return { ...aRecord(1).current!, tokenRequestedAtMs: at, ticketRequestedAtMs: at, ...change };
}

describe('the age of a moment', () => {
  it.each([
    [5_000, 5_000],
    [0, 0],
    // A small step of the clock, as NTP makes them.
    [-1_000, 0],
    [-1_001, Infinity],
    [-HOUR, Infinity],
  ])('that was %d ms ago is %s', (ago, age) => expect(ageOrInfinity(clock.now() - ago, clock)).toBe(age));
});

describe('a stored generation', () => {
  it('is used with the life that is left to it, by the clock that does not jump', () => {
    const held = holdStored(aged(10 * MINUTE), clock)!;
    clock.shiftWallClock(HOUR);
    expect(held.endsAt - clock.monotonic()).toBe(50 * MINUTE);
    expect(clock.monotonic() - held.beganAt).toBe(10 * MINUTE);
    expect(held.credentials.signTicket.reveal()).toBe('ticket');
  });

  it.each([
    ['at its end', HOUR, {}, false],
    ['just before its end', HOUR - 1, {}, true],
    ['from the future', -2_000, {}, false],
    ['whose token ends before its ticket', 10 * MINUTE, { tokenLifeMs: 10 * MINUTE }, false],
    ['whose ticket was asked for later', HOUR, { ticketRequestedAtMs: Date.UTC(2025, 11, 31, 15, 59) }, true],
    ['whose ticket is from the future', 0, { ticketRequestedAtMs: Date.UTC(2026, 0, 1) }, false],
  ])('%s: used or not', (_what, age, change, used) => {
    expect(holdStored(aged(age, change), clock) !== undefined).toBe(used);
  });

  it('ends with its token at the latest', () => {
    const record = aged(0);
    expect(endsAtMs(record)).toBe(clock.now() + HOUR);
    expect(endsAtMs({ ...record, tokenLifeMs: MINUTE })).toBe(clock.now() + MINUTE);
  });
});

describe('the record of a generation in use', () => {
  const held = () => new CachedCredentials(aged(0), clock.monotonic(), clock.monotonic(), behindMs(clock));

  it('keeps its moments while time passes', () => {
    const generation = held();
    const { tokenRequestedAtMs } = generation.record;
    clock.advance(MINUTE);
    expect(recordOf(generation, clock).tokenRequestedAtMs).toBe(tokenRequestedAtMs);
  });

  it.each([
    ['set back', -HOUR],
    ['set forward, or the machine was suspended', HOUR],
  ])('is never younger than it is when the wall clock was %s', (_how, byMs) => {
    const generation = held();
    clock.advance(MINUTE);
    clock.shiftWallClock(byMs);
    expect(clock.now() - recordOf(generation, clock).tokenRequestedAtMs).toBeGreaterThanOrEqual(MINUTE);
  });
});

describe('a stored generation is newer than the held one', () => {
  const held = () => aged(MINUTE, { id: 'held', number: 5 });

  it.each([
    ['the same one', { id: 'held', number: 9 }, -MINUTE, false],
    ['asked for later', { id: 'b', number: 6 }, 1, true],
    ['asked for later, counted anew by an emptied store', { id: 'b', number: 1 }, 1, true],
    ['of the same moment, with a higher number', { id: 'b', number: 6 }, 0, true],
    ['of the same moment, with the same number', { id: 'b', number: 5 }, 0, false],
    ['a little older by uncertain clocks, with a higher number', { id: 'b', number: 6 }, 1 - UNCERTAIN_MS, true],
    ['far older by a clock that was set, with a higher number', { id: 'b', number: 6 }, -60 * MINUTE, true],
    ['older, with a lower number', { id: 'b', number: 4 }, -1, false],
  ])('or not: %s', (_what, change, laterByMs, newer) => {
    const ticketRequestedAtMs = held().ticketRequestedAtMs + laterByMs;
    expect(isNewer(aged(0, { ...change, ticketRequestedAtMs }), held())).toBe(newer);
  });
});

describe('of two generations with the same number, which were fetched at the same time, the stored one is newer', () => {
  it.each([
    ['its token was asked for later, its ticket sooner', 'b', 1, -1, true],
    ['its token was asked for sooner, its ticket later', 'b', -1, 1, false],
    ['its token is that of the other one, its ticket was asked for later', 'a', 0, 1, true],
    ['its token is that of the other one, its ticket was asked for sooner', 'a', 0, -1, false],
  ])('or not: %s', (_what, accessToken, tokenLaterByMs, ticketLaterByMs, newer) => {
    const held = aged(MINUTE, { id: 'held', accessToken: 'a' });
    const tokenRequestedAtMs = held.tokenRequestedAtMs + tokenLaterByMs;
    const ticketRequestedAtMs = held.ticketRequestedAtMs + ticketLaterByMs;
    expect(isNewer({ ...held, id: 'stored', accessToken, tokenRequestedAtMs, ticketRequestedAtMs }, held)).toBe(newer);
  });
});

describe('a stored generation whose date lies between those that the held one may have, after a clock was set,', () => {
  it.each([
    ['has a higher number: it is newer', { number: 8 }, true],
    ['has a lower number: it is older', { number: 6 }, false],
  ])('%s', (_what, change, newer) => {
    const held = aged(0, { number: 7, id: 'held' });
    const latestMs = held.ticketRequestedAtMs + 10 * MINUTE;
    const stored = { ...held, id: 'stored', ticketRequestedAtMs: held.ticketRequestedAtMs + MINUTE, ...change };
    expect(isNewer(stored, held, latestMs)).toBe(newer);
    expect(isNewer({ ...stored, ticketRequestedAtMs: latestMs + 1 }, held, latestMs)).toBe(true);
  });
});

describe('a generation is due', () => {
  it.each([
    ['after the interval', HOUR, 20 * MINUTE],
    ['an overlap before its end', 15 * MINUTE, 14 * MINUTE],
    ['never sooner than an overlap after it was fetched', 90_000, 60_000],
    ['after half of a life that is hardly longer than two', 130_000, 70_000],
  ])('%s', (_when, lifeMs, afterMs) => {
    const held = new CachedCredentials(aged(0, { ticketLifeMs: lifeMs }), 1_000, 1_000, behindMs(clock));
    expect(dueAt(held, 20 * MINUTE, MINUTE)).toBe(1_000 + afterMs);
  });
});

describe('what somebody has left', () => {
  it('is a token that lives, or does not, or has an age that nobody knows', () => {
    const { current } = aRecord(1);
    const pending = (ago: number) => ({ ...current!, tokenRequestedAtMs: clock.now() - ago, tokenLifeMs: HOUR });
    expect(isAlive(pending(HOUR - 1), clock)).toBe(true);
    expect(isAlive(pending(HOUR), clock)).toBe(false);
    expect(isAlive(pending(-MINUTE), clock)).toBe(false);
  });

  it('is a token without a ticket, or a request without an answer', () => {
    expect(isUnfinished(undefined)).toBe(false);
    expect(isUnfinished(aRecord(1))).toBe(false);
    expect(isUnfinished(aRecord(1, { pending: aRecord(1).current }))).toBe(true);
    expect(isUnfinished(aRecord(1, { unanswered: { sinceMs: 0, by: 'x' } }))).toBe(true);
  });
});

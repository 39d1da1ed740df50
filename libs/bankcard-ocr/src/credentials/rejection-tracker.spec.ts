import { SYSTEM_RANDOM } from '../runtime/random.js';
import { ManualClock } from '../testing/manual-clock.js';
import { RejectionTracker } from './rejection-tracker.js';
import { RefreshStage } from './refresh-stage.test-support.js';
import { behindMs, CachedCredentials } from './credential-lifetime.js';
import { CredentialCache } from './credential-cache.js';
import { aRecord } from './store/ticket-store.contract.test-support.js';
import type { RefreshReason, TicketEvent } from './ticket-event.js';
import type { TicketRecord } from './ticket-record.js';
import { timingsFor } from './timings.js';

const INTERVAL_MS = 1_200_000;
const DEAD = { vendorCode: '400102', actor: 'application' } as const;
const PERHAPS_DEAD = { vendorCode: '400101', actor: 'developer' } as const;

let clock: ManualClock;
let held: CredentialCache;
let tracker: RejectionTracker;
let reports: Extract<TicketEvent, { type: 'foreign-refresh-suspected' }>[];
let rejections: number[];

function begin(refreshes = true): void {
  clock = new ManualClock();
  reports = [];
  rejections = [];
  const emit = (event: TicketEvent) => {
    if (event.type === 'foreign-refresh-suspected') reports.push(event);
    else if (event.type === 'credentials-rejected') rejections.push(event.generation);
    tracker.observe(event);
  };
  const timings = timingsFor(INTERVAL_MS, 60_000);
  const role = refreshes ? 'refresher' : 'reader';
  const context = new RefreshStage().context({ clock, timings, role, emit, random: SYSTEM_RANDOM });
  held = new CredentialCache(context);
  tracker = new RejectionTracker(context, held);
  fetch(1);
  clock.advance(300_000);
}

beforeEach(() => begin());

const started = (reason: RefreshReason, forced: boolean) => {
  tracker.observe({ type: 'refresh-started', reason, attempt: 1, forced });
};

/** The generation of this number, asked for just now. */
function generation(number: number): TicketRecord {
  const at = clock.now();
  const current = { ...aRecord(number).current!, tokenRequestedAtMs: at, ticketRequestedAtMs: at };
  return aRecord(number, { current });
}

/** This process fetches a generation. */
function fetch(number: number): void {
  held.replace(
    new CachedCredentials(generation(number).current!, clock.monotonic(), clock.monotonic(), behindMs(clock)),
  );
}

const current = () => held.latest!.credentials;

describe('a foreign refresh is suspected', () => {
  it.each([
    ['a request is accepted with', undefined],
    ['the vendor refuses as well', DEAD],
  ])('when a forced refresh has brought credentials that %s', (_how, error) => {
    tracker.rejected(current(), DEAD);
    started('rejected', true);
    fetch(2);
    expect(reports).toEqual([]);
    tracker.report(current(), error);
    const [ageMs, remainingMs] = [300_000, 3_300_000];
    expect(reports).toMatchObject([{ generation: 1, vendorCode: '400102', ageMs, remainingMs, times: 1 }]);
    expect(tracker.times).toBe(1);
  });

  it('with a code that may mean the request only when a request was accepted with what came', () => {
    tracker.rejected(current(), PERHAPS_DEAD);
    started('rejected', true);
    fetch(2);
    expect(reports).toEqual([]);
    tracker.report(current());
    expect(reports).toMatchObject([{ generation: 1, vendorCode: '400101' }]);
    tracker.report(current());
    expect(reports).toHaveLength(1);
  });

  it('at once when a forced refresh would be too soon, and once for each generation', () => {
    tracker.rejected(current(), DEAD);
    tracker.rejectedTooSoon(current().generationId, DEAD);
    tracker.rejected(current(), DEAD);
    tracker.rejectedTooSoon(current().generationId, DEAD);
    expect(reports).toHaveLength(1);
  });

  it('again and again, and marked as repeated within an interval', () => {
    for (let number = 2; number <= 4; number += 1) {
      tracker.rejected(current(), DEAD);
      started('rejected', true);
      fetch(number);
      tracker.report(current());
      clock.advance(INTERVAL_MS / 2);
    }
    expect(reports.map(({ times, repeated }) => [times, repeated])).toEqual([
      [1, false],
      [2, true],
      [3, false],
    ]);
  });
});

describe('a foreign refresh is not suspected', () => {
  afterEach(() => {
    tracker.report(current());
    expect(reports).toEqual([]);
  });

  it('when the rejected generation had ended', () => {
    clock.advance(3_600_000);
    tracker.rejected(current(), DEAD);
    started('rejected', true);
    fetch(2);
  });

  it('when the rejected one had been replaced already', () => {
    const old = current();
    fetch(2);
    tracker.rejected(old, DEAD);
    tracker.rejectedTooSoon(old.generationId, DEAD);
    started('rejected', true);
    fetch(3);
  });

  it('when the refresh finishes what was begun, was due, or was wanted', () => {
    for (const [index, [reason, forced]] of (
      [
        ['rejected', false],
        ['due', false],
        ['requested', true],
      ] as const
    ).entries()) {
      tracker.rejected(current(), DEAD);
      started(reason, forced);
      fetch(index + 2);
    }
  });

  it('when the store explains it', () => {
    tracker.rejected(current(), DEAD);
    held.adopt(generation(2));
  });

  it('when the store tells of a refresh that nobody has finished', () => {
    held.adopt({ ...generation(1), current: held.latest!.record, unanswered: { sinceMs: clock.now(), by: 'x' } });
    tracker.rejected(current(), DEAD);
    tracker.rejectedTooSoon(current().generationId, DEAD);
    started('rejected', true);
    fetch(2);
  });

  it('when the store had lost what it had, perhaps the mark of a refresh, and got the generation back', () => {
    held.adopt({ ...generation(1), current: held.latest!.record, writtenBackAtMs: clock.now() });
    clock.advance(61_000);
    tracker.rejected(current(), DEAD);
    tracker.rejectedTooSoon(current().generationId, DEAD);
    started('rejected', true);
    fetch(2);
  });

  it.each([
    ['the machine was suspended', 600_000],
    ['the machine was suspended, and its wall clock set back by more', -8_000_000],
    ['the machine was suspended, and its wall clock set back by less', 20_000],
  ])('when %s', (_what, wallLeapsMs) => {
    clock.shiftWallClock(wallLeapsMs);
    tracker.rejected(current(), DEAD);
    tracker.rejectedTooSoon(current().generationId, DEAD);
    started('rejected', true);
    fetch(2);
  });

  it('when the forced refresh failed and a later one was due', () => {
    tracker.rejected(current(), DEAD);
    started('rejected', true);
    const failed = { attempt: 1, error: new Error('x') as never, retryInMs: 1, repeated: false };
    tracker.observe({ type: 'refresh-failed', reason: 'rejected', ...failed });
    fetch(2);
  });

  it('when a request was rejected again with what came: it is the request', () => {
    tracker.rejected(current(), PERHAPS_DEAD);
    tracker.rejectedTooSoon(current().generationId, PERHAPS_DEAD);
    started('rejected', true);
    fetch(2);
    tracker.report(current(), PERHAPS_DEAD);
    tracker.report(current());
  });

  it('for an old rejection, when a reader asks for a refresh', () => {
    tracker.rejected(current(), PERHAPS_DEAD);
    fetch(2);
    started('rejected', true);
    fetch(3);
    tracker.report(current());
  });
});

describe('a reader', () => {
  beforeEach(() => begin(false));

  it('suspects a foreign refresh when what was asked for after the rejection comes', () => {
    tracker.rejected(current(), DEAD);
    clock.advance(200);
    held.adopt(generation(2));
    tracker.report(current());
    expect(reports).toHaveLength(1);
  });

  it('suspects none when what was asked for before the rejection comes: it had missed it', () => {
    const missed = generation(2);
    clock.advance(61_000);
    tracker.rejected(current(), DEAD);
    held.adopt(missed);
    tracker.report(current());
    expect(reports).toEqual([]);
  });
});

describe('a request that was rejected with new credentials too', () => {
  it('is at fault, if its code may mean that: for one overlap it starts no refresh of these credentials', () => {
    expect(tracker.rejected(current(), PERHAPS_DEAD)).toBe(true);
    fetch(2);
    tracker.report(current(), PERHAPS_DEAD);
    expect(tracker.rejected(current(), PERHAPS_DEAD)).toBe(false);
    expect(tracker.rejected(current(), DEAD)).toBe(true);
    clock.advance(59_999);
    expect(tracker.rejected(current(), PERHAPS_DEAD)).toBe(false);
    clock.advance(1);
    expect(tracker.rejected(current(), PERHAPS_DEAD)).toBe(true);
  });

  it('says nothing of later credentials, nor with a code that means dead credentials', () => {
    tracker.report(current(), DEAD);
    expect(tracker.rejected(current(), PERHAPS_DEAD)).toBe(true);
    tracker.report(current(), PERHAPS_DEAD);
    fetch(2);
    expect(tracker.rejected(current(), PERHAPS_DEAD)).toBe(true);
  });

  it('is told as an event once for each generation', () => {
    for (const error of [PERHAPS_DEAD, DEAD]) tracker.rejected(current(), error);
    expect(rejections).toEqual([1]);
    fetch(2);
    tracker.rejected(current(), DEAD);
    expect(rejections).toEqual([1, 2]);
  });
});

import { ManualClock } from '../testing/manual-clock.js';
import { type Instant, CachedCredentials } from './credential-lifetime.js';
import { lastForcedAtMs, NO_MEMORY, planRefresh, type RefreshPlan, type RefreshSituation } from './refresh-plan.js';
import { aRecord } from './store/ticket-store.contract.test-support.js';
import type { GenerationRecord, PendingToken, TicketRecord } from './ticket-record.js';
import { timingsFor } from './timings.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const TIMINGS = timingsFor(20 * MINUTE, MINUTE);
/** The situation is a value: no clock runs here. */
const NOW = 1_764_000_000_000;
const MONOTONIC = 5_000_000;
const now: Instant = { now: () => NOW, monotonic: () => MONOTONIC };

function token(number: number, ageMs: number): PendingToken {
  const requested = { tokenRequestedAtMs: NOW - ageMs, tokenLifeMs: 120 * MINUTE };
  return {
    number,
    id: `token-${number}`,
    refreshId: `refresh-${number}`,
    accessToken: `secret-${number}`,
    ...requested,
  };
}

function generation(number: number, ageMs: number): GenerationRecord {
  const ticket = { signTicket: `ticket-${number}`, ticketRequestedAtMs: NOW - ageMs, ticketLifeMs: 60 * MINUTE };
  return { ...token(number, ageMs), id: `generation-${number}`, ...ticket };
}

const record = (change: Partial<TicketRecord> = {}) => aRecord(3, { current: undefined, ...change });

/** Generation 1 is in use and stored, a minute old, unless it is said otherwise. */
function situation(change: Partial<RefreshSituation> = {}, stored: Partial<TicketRecord> = {}): RefreshSituation {
  const current = generation(1, MINUTE);
  const valid = new CachedCredentials(current, MONOTONIC - MINUTE, MONOTONIC - MINUTE, NOW - MONOTONIC);
  const ours = record({ current, ...stored });
  return {
    ...{ record: ours, ours, memory: NO_MEMORY, now, timings: TIMINGS },
    cached: { latest: valid, valid, dueAt: MONOTONIC + 19 * MINUTE },
    request: { reason: 'due' },
    ...change,
  };
}

const NOTHING_CACHED = { latest: undefined, valid: undefined, dueAt: MONOTONIC };
const due = () => ({ ...situation().cached, dueAt: MONOTONIC });
const REJECTED = { reason: 'rejected', replaces: 'generation-1' } as const;
const REQUEST: RefreshPlan = { do: 'request', forced: false, isBegun: false };
const FORCED: RefreshPlan = { do: 'request', forced: true, isBegun: false };
const ONE_MORE: RefreshPlan = { do: 'request', forced: false, isBegun: true };
const mark = { sinceMs: NOW - SECOND, by: 'another' };
const pending = token(2, 10 * SECOND);

describe('what a refresher does next', () => {
  it.each<[string, RefreshSituation, RefreshPlan]>([
    ['nothing is stored or cached', situation({ record: undefined, ours: undefined, cached: NOTHING_CACHED }), REQUEST],
    ['what is cached is fresh', situation(), { do: 'serve' }],
    ['it is due', situation({ cached: due() }), REQUEST],
    ['it is fresh, and a token waits', situation({}, { pending }), { do: 'finish', token: pending }],
    [
      'a token waits, and a mark beside it',
      situation({}, { pending, unanswered: mark }),
      { do: 'finish', token: pending },
    ],
    ['a token waits that has ended', situation({}, { pending: token(2, 120 * MINUTE) }), ONE_MORE],
    ['a token was requested that nobody has', situation({}, { unanswered: mark }), ONE_MORE],
    [
      'this process knows of a lost response',
      situation({ memory: { ...NO_MEMORY, suspectId: 'generation-1' } }),
      ONE_MORE,
    ],
    [
      'the suspect one was replaced',
      situation({ memory: { ...NO_MEMORY, suspectId: 'generation-0' } }),
      { do: 'serve' },
    ],
    [
      'this process has a token that the store could not take',
      situation({ memory: { ...NO_MEMORY, pending } }),
      { do: 'finish', token: pending },
    ],
    [
      'and another process has requested one since',
      situation({ memory: { ...NO_MEMORY, pending } }, { unanswered: mark }),
      ONE_MORE,
    ],
    [
      'and its mark is still there',
      situation({ memory: { ...NO_MEMORY, pending } }, { unanswered: { ...mark, by: 'refresh-2' } }),
      { do: 'finish', token: pending },
    ],
    [
      'and a newer generation is stored',
      situation({ memory: { ...NO_MEMORY, pending } }, { current: generation(2, SECOND) }),
      { do: 'serve' },
    ],
    [
      'and what is stored was made with another secret',
      situation({ memory: { ...NO_MEMORY, pending }, ours: undefined, cached: NOTHING_CACHED }),
      REQUEST,
    ],
    ['it was rejected', situation({ request: REJECTED }), FORCED],
    ['it was rejected, and has been replaced', situation({ request: { ...REJECTED, replaces: 'x' } }), { do: 'serve' }],
    ['the application asks for another one', situation({ request: { ...REJECTED, reason: 'requested' } }), FORCED],
    [
      'it was rejected, and a token waits',
      situation({ request: REJECTED }, { pending }),
      { do: 'finish', token: pending },
    ],
    ['it was rejected, and a refresh is unfinished', situation({ request: REJECTED }, { unanswered: mark }), ONE_MORE],
    [
      'the store has just got back what it had lost',
      situation({ cached: due() }, { writtenBackAtMs: NOW - SECOND }),
      { do: 'wait', ms: TIMINGS.leaseTtlMs - SECOND },
    ],
    ['long ago', situation({ cached: due() }, { writtenBackAtMs: NOW - TIMINGS.leaseTtlMs }), REQUEST],
    ['in the future: a clock was set back', situation({ cached: due() }, { writtenBackAtMs: NOW + MINUTE }), REQUEST],
    ['what the store got back is fresh', situation({}, { writtenBackAtMs: NOW }), { do: 'serve' }],
    [
      'another process has failed',
      situation({ cached: due() }, { failed: { attempts: 3, retryAtMs: NOW + 2 * SECOND, pauseMs: 4 * SECOND } }),
      { do: 'back-off', attempts: 3, ms: 2 * SECOND },
    ],
    [
      'another process has failed, and a token waits',
      situation({}, { pending, failed: { attempts: 1, retryAtMs: NOW + SECOND } }),
      { do: 'back-off', attempts: 1, ms: SECOND },
    ],
    ['its pause is over', situation({ cached: due() }, { failed: { attempts: 3, retryAtMs: NOW + 5 } }), REQUEST],
    [
      'its pause was written by a clock that was set back',
      situation({ cached: due() }, { failed: { attempts: 3, retryAtMs: NOW + MINUTE, pauseMs: 4 * SECOND } }),
      REQUEST,
    ],
  ])('%s', (_what, given, plan) => expect(planRefresh(given)).toEqual(plan));
});

describe('a forced refresh', () => {
  const plan = (forcedAgoMs: number | undefined, forcedAt = NO_MEMORY.forcedAt) =>
    planRefresh(
      situation(
        { request: REJECTED, memory: { ...NO_MEMORY, forcedAt } },
        { forcedAtMs: forcedAgoMs === undefined ? undefined : NOW - forcedAgoMs },
      ),
    );

  it.each<[string, RefreshPlan, RefreshPlan]>([
    ['may begin an overlap after the last one', plan(MINUTE), FORCED],
    ['waits for the rest of the overlap', plan(20 * SECOND), { do: 'cooldown', ms: 40 * SECOND }],
    [
      'waits after one of this process that the store has lost',
      plan(undefined, MONOTONIC - MINUTE + 1),
      { do: 'cooldown', ms: 1 },
    ],
    [
      'waits after the later of the two, which the record has',
      plan(10 * SECOND, MONOTONIC - 50 * SECOND),
      { do: 'cooldown', ms: 50 * SECOND },
    ],
    [
      'waits after the later of the two, which this process remembers',
      plan(55 * SECOND, MONOTONIC - 50 * SECOND),
      { do: 'cooldown', ms: 10 * SECOND },
    ],
    ['does not wait for a moment in the future: the clock was set back', plan(-MINUTE), FORCED],
  ])('%s', (_what, given, expected) => expect(given).toEqual(expected));

  it('is remembered for a record that has lost it: the latest of all that is known', () => {
    const clock = new ManualClock();
    const at = (agoMs: number) => record({ forcedAtMs: clock.now() - agoMs });
    const memory = { ...NO_MEMORY, recordedForcedAt: clock.monotonic() - 30 * SECOND };
    expect(lastForcedAtMs(undefined, NO_MEMORY, clock)).toBeUndefined();
    expect(lastForcedAtMs(undefined, memory, clock)).toBe(clock.now() - 30 * SECOND);
    expect(lastForcedAtMs(at(40 * SECOND), memory, clock)).toBe(clock.now() - 30 * SECOND);
    expect(lastForcedAtMs(at(20 * SECOND), memory, clock)).toBe(clock.now() - 20 * SECOND);
    const own = { ...memory, forcedAt: clock.monotonic() };
    const beganAtMs = clock.now();
    clock.advance(5 * SECOND);
    expect(lastForcedAtMs(undefined, own, clock)).toBe(beganAtMs);
    clock.shiftWallClock(60 * MINUTE);
    expect(lastForcedAtMs(undefined, own, clock)).toBe(beganAtMs + 60 * MINUTE);
  });
});

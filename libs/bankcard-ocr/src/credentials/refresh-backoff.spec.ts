import { inspect } from 'node:util';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { type Random, SYSTEM_RANDOM } from '../runtime/random.js';
import { ManualClock } from '../testing/manual-clock.js';
import { pauseAfter, RefreshFailed, RefreshFailures } from './refresh-backoff.js';
import type { TicketEvent } from './ticket-event.js';
import { timingsFor } from './timings.js';

const SECRET = 'c'.repeat(64);

describe('a refresh that fails for a reason that nobody has foreseen', () => {
  it.each<[string, unknown, string]>([
    [
      'an error of a package',
      Object.assign(new TypeError('invalid onConnect method'), { code: 'UND_ERR_INVALID_ARG' }),
      'TypeError: invalid onConnect method',
    ],
    ['one that quotes a URL', new Error(`GET /token?secret=${SECRET} failed`), 'Error: GET /token?[redacted] failed'],
    ['no error', 'a text', 'Error: a text'],
    ['nothing', undefined, 'Error: undefined'],
  ])('tells what it was: %s', (_what, thrown, words) => {
    const [clock, timings] = [new ManualClock(), timingsFor(1_200_000, 60_000)];
    const failures = new RefreshFailures({ clock, timings, emit: () => undefined, random: SYSTEM_RANDOM });
    failures.note(thrown, { reason: 'initial', attempt: 1 });
    const error = failures.toError();
    expect(error.code).toBe('NO_VALID_TICKET');
    expect(error.message).toContain(`the refresh failed inside this library: ${words}`);
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(SECRET);
  });
});

const TIMINGS = timingsFor(1_200_000, 60_000);
const withJitter = (next: number): Random => ({
  next: () => next,
  id: () => 'id',
  bytes: (count) => Buffer.alloc(count),
});
const fault = (code: ConstructorParameters<typeof BankCardOcrError>[0], details = {}) =>
  new BankCardOcrError(code, details);

describe('the pause after a failure, by its kind and how many there were', () => {
  it.each<[string, BankCardOcrError, number[], number[]]>([
    ['of the vendor', fault('VENDOR_FAULT'), [1, 2, 3, 4, 5, 50], [1, 2, 4, 8, 10, 10]],
    ['of nobody that can be reached', fault('UNREACHABLE'), [1, 5], [1, 10]],
    ['that a developer must mend', fault('ACCESS_DENIED'), [1, 5, 9, 10], [1, 16, 256, 300]],
    ['of a contract', fault('ACCESS_DENIED', { actor: 'business' }), [10], [300]],
    ['of the secret', fault('CREDENTIALS_REJECTED', { actor: 'application' }), [10], [300]],
    ['that says when to come back', fault('RATE_LIMITED', { retryAfterMs: 60_000 }), [1, 9], [60, 60]],
    ['that says to come back too late', fault('RATE_LIMITED', { retryAfterMs: 9_000_000 }), [1], [300]],
    ['that says to come back too early', fault('RATE_LIMITED', { retryAfterMs: 1 }), [2], [2]],
  ])('%s', (_what, error, attempts, seconds) => {
    expect(attempts.map((count) => pauseAfter(error, count, TIMINGS, withJitter(0)) / 1_000)).toEqual(seconds);
  });

  it('is up to a fifth shorter at random', () => {
    expect(pauseAfter(fault('VENDOR_FAULT'), 5, TIMINGS, withJitter(0.999))).toBeCloseTo(8_000, -2);
  });
});

describe('failures in a row', () => {
  let clock: ManualClock;
  let events: TicketEvent[];
  let failures: RefreshFailures;
  beforeEach(() => {
    clock = new ManualClock();
    events = [];
    failures = new RefreshFailures({
      ...{ clock, timings: TIMINGS, random: withJitter(0) },
      emit: (event) => void events.push(event),
    });
  });
  const request = { reason: 'due', attempt: 1 } as const;

  it('are counted, and their pause runs down by the clock that does not jump', () => {
    expect([failures.pauseMs, failures.last]).toEqual([0, undefined]);
    failures.note(fault('VENDOR_FAULT'), { ...request, attempt: 3 });
    clock.shiftWallClock(3_600_000);
    expect([failures.pauseMs, failures.last?.request]).toEqual([
      4_000,
      { reason: 'due', replaces: undefined, attempt: 3 },
    ]);
    clock.advance(1_500);
    expect(failures.toError()).toMatchObject({ code: 'NO_VALID_TICKET', retryAfterMs: 2_500 });
    clock.advance(9_000);
    expect([failures.pauseMs, failures.toError().retryAfterMs]).toEqual([0, 0]);
    failures.clear();
    expect([failures.last, failures.toError().cause]).toEqual([undefined, undefined]);
  });

  it('have the attempts and the pause that all processes share', () => {
    failures.note(new RefreshFailed(fault('VENDOR_FAULT'), 7, 1_234.5), request);
    expect(failures.last).toMatchObject({ request: { attempt: 7 }, retryAt: clock.monotonic() + 1_234.5 });
    expect(events).toMatchObject([{ type: 'refresh-failed', attempt: 7, retryInMs: 1_235, repeated: false }]);
  });

  it('say to callers what the vendor said, and who must act', () => {
    const said = { actor: 'developer', vendorCode: '400103', vendorMessage: 'no', bizSeqNo: 'b' } as const;
    const cause = fault('ACCESS_DENIED', { ...said, message: 'denied' });
    failures.note(cause, request);
    const message = 'no valid SIGN ticket is available: denied';
    expect(failures.toError()).toMatchObject({ ...said, code: 'NO_VALID_TICKET', message, cause });
  });

  it('are told as repeated when they have the same code as the last one of this process', () => {
    const elsewhere = () => new RefreshFailed(fault('NO_VALID_TICKET'), 2, 100, true);
    const repeated = [
      fault('VENDOR_FAULT'),
      fault('VENDOR_FAULT'),
      fault('VENDOR_FAULT', { vendorCode: '999999' }),
      // One of another process says nothing new, and is not what the next one of this process is compared with.
      elsewhere(),
      fault('VENDOR_FAULT', { vendorCode: '999999' }),
      fault('UNREACHABLE'),
    ].map((error) => {
      failures.note(error, request);
      return (events.at(-1) as { repeated?: boolean }).repeated;
    });
    expect(repeated).toEqual([false, true, false, true, true, false]);
    failures.clear();
    failures.note(elsewhere(), request);
    failures.note(fault('UNREACHABLE'), request);
    expect(events.slice(-2)).toMatchObject([{ repeated: false }, { repeated: false }]);
  });
});

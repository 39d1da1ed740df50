import { REQUEST_TIMEOUT_MS, ScriptedAuth } from '../credentials/scripted-auth.test-support.js';
import { MemoryTicketStore } from '../credentials/store/memory-ticket.store.js';
import { TicketService } from '../credentials/ticket.service.js';
import type { TicketEvent } from '../credentials/ticket-event.js';
import { timingsFor } from '../credentials/timings.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { VENDOR_CODES, vendorCodeRule } from '../errors/vendor-codes.js';
import type { Random } from '../runtime/random.js';
import { ManualClock } from '../testing/manual-clock.js';
import { TransportError } from '../vendor/http/transport-error.js';
import { Deadline } from './deadline.js';
import { retry, type RetryLimits } from './retry.js';

const MINUTE = 60_000;
const RANDOM: Random = { next: () => 0, id: () => `id-${(ids += 1)}`, bytes: (count) => Buffer.alloc(count) };

let ids: number;
let clock: ManualClock;
let auth: ScriptedAuth;
let tickets: TicketService;
let events: TicketEvent[];
let caller: AbortController;

beforeEach(() => {
  ids = 0;
  clock = new ManualClock();
  auth = new ScriptedAuth(clock);
  events = [];
  caller = new AbortController();
  tickets = new TicketService({
    ...{ store: new MemoryTicketStore(), auth: auth.asClient, clock, storeClock: clock, random: RANDOM },
    ...{ role: 'refresher', observeRefresh: (_reason, refresh) => refresh() },
    ...{ timings: timingsFor(20 * MINUTE, MINUTE), secretFingerprint: 'fingerprint', backgroundRefresh: false },
  });
  tickets.events$.subscribe((event) => void events.push(event));
});

afterEach(async () => {
  const closed = tickets.close();
  // A refresh that has asked for something ends first.
  await clock.advanceAsync(REQUEST_TIMEOUT_MS);
  await closed;
  expect(clock.pendingTimers).toBe(0);
});

/** How one attempt ends: with a code of the vendor, without an answer, or well. */
type Outcome = string | Error | (() => Promise<unknown>);

interface Run {
  readonly ended: unknown;
  /** What each attempt was made with: generation, number of the attempt, pause before it in milliseconds. */
  readonly attempts: readonly [generation: number, attempt: number, afterMs: number][];
  readonly tookMs: number;
  readonly told: readonly string[];
}

function answerOf(vendorCode: string): BankCardOcrError {
  const { error, actor, retry: rule } = vendorCodeRule(vendorCode);
  const retryAfterMs = rule === 'delayed' ? 2_000 : undefined;
  const retryable = rule !== 'never';
  const details = { vendorCode, actor, message: vendorCode, retryable, retryAfterMs, bizSeqNo: 'b'.repeat(32) };
  return new BankCardOcrError(error, details);
}

async function run(
  outcomes: readonly Outcome[],
  { timeoutMs = 15_000, ...limits }: Partial<RetryLimits> & { timeoutMs?: number } = {},
  vendorCodeOverrides = {},
): Promise<Run> {
  const deadline = new Deadline(clock, timeoutMs, caller.signal);
  const attempts: [number, number, number][] = [];
  const told: string[] = [];
  const beganAt = clock.monotonic();
  let lastAt = beganAt;
  const left = [...outcomes];
  const work = retry(
    async ({ generation }, attempt) => {
      attempts.push([generation, attempt, clock.monotonic() - lastAt]);
      const outcome = left.shift() ?? 'ok';
      await new Promise((resolve) => setImmediate(resolve));
      lastAt = clock.monotonic();
      if (typeof outcome === 'function') return outcome();
      if (outcome instanceof Error) throw outcome;
      if (outcome !== 'ok') throw answerOf(outcome);
      return 'result';
    },
    { tickets, clock, vendorCodeOverrides, random: RANDOM },
    { deadline, maxAttempts: 3, onFailure: ({ message }) => void told.push(message), ...limits },
  );
  let ended: { value: unknown; at: number } | undefined;
  const end = (value: unknown) => void (ended = { value, at: clock.monotonic() });
  work.then(end, end);
  for (let steps = 0; !ended && steps < 1_000; steps += 1) await clock.advanceAsync(steps === 0 ? 0 : 100, 100);
  deadline.close();
  if (!ended) throw new Error('it does not end');
  return { ended: ended.value, attempts, tookMs: ended.at - beganAt, told };
}

const noAnswer = () => new TransportError('UNREACHABLE', true, { message: 'no answer' });
const timedOut = () => new TransportError('TIMEOUT', true, { message: 'attempt timed out' });

describe('what is sent again, by the answers', () => {
  it.each<[string, Outcome[], [number, number, number][], string]>([
    // What: answers in order, attempts as [generation, number, pause before it], the end.
    ['a result', ['ok'], [[1, 1, 0]], 'result'],
    [
      'a fault of the vendor: after a pause',
      ['999999', 'ok'],
      [
        [1, 1, 0],
        [1, 2, 200],
      ],
      'result',
    ],
    [
      'faults of the vendor: after pauses that double, to the last attempt',
      ['999999', '999998', '999997'],
      [
        [1, 1, 0],
        [1, 2, 200],
        [1, 3, 400],
      ],
      '999997',
    ],
    [
      'the limit of requests a second: after longer pauses',
      ['400501', '400506', 'ok'],
      [
        [1, 1, 0],
        [1, 2, 1_000],
        [1, 3, 2_000],
      ],
      'result',
    ],
    [
      'too frequent: after the two seconds that it takes',
      ['400504', 'ok'],
      [
        [1, 1, 0],
        [1, 2, 2_000],
      ],
      'result',
    ],
    [
      'an order that is not there: once more',
      ['66660020', 'ok'],
      [
        [1, 1, 0],
        [1, 2, 500],
      ],
      'result',
    ],
    [
      'an order that is still not there: no more',
      ['66660020', '66660020'],
      [
        [1, 1, 0],
        [1, 2, 500],
      ],
      '66660020',
    ],
    [
      'an order that is not there, a fault, and still not there: no more',
      ['5', '999999', '66660011'],
      [
        [1, 1, 0],
        [1, 2, 500],
        [1, 3, 400],
      ],
      '66660011',
    ],
    ['what a developer must mend: not at all', ['400103'], [[1, 1, 0]], '400103'],
    ['what is wrong with the card: not at all', ['-9012'], [[1, 1, 0]], '-9012'],
    ['a code that nobody knows: not at all', ['123456'], [[1, 1, 0]], '123456'],
    [
      'dead credentials: at once, with others',
      ['400102', 'ok'],
      [
        [1, 1, 0],
        [2, 2, 0],
      ],
      'result',
    ],
    [
      'a dead token: at once, with others',
      ['15', 'ok'],
      [
        [1, 1, 0],
        [2, 2, 0],
      ],
      'result',
    ],
    [
      'dead credentials twice: no more',
      ['400102', '400102'],
      [
        [1, 1, 0],
        [2, 2, 0],
      ],
      '400102',
    ],
    [
      'a signature that is refused twice: no more',
      ['400101', '400101'],
      [
        [1, 1, 0],
        [2, 2, 0],
      ],
      '400101',
    ],
    [
      'dead credentials, then faults: as many attempts as without',
      ['400102', '999999', '999999', '999999'],
      [
        [1, 1, 0],
        [2, 2, 0],
        [2, 3, 200],
        [2, 4, 400],
      ],
      '999999',
    ],
    [
      'a fault, then dead credentials',
      ['999999', '400102', 'ok'],
      [
        [1, 1, 0],
        [1, 2, 200],
        [2, 3, 0],
      ],
      'result',
    ],
    [
      'no answer',
      [noAnswer(), 'ok'],
      [
        [1, 1, 0],
        [1, 2, 200],
      ],
      'result',
    ],
    [
      'a fault, then no answer at all: the answer that there was',
      ['999999', noAnswer(), timedOut()],
      [
        [1, 1, 0],
        [1, 2, 200],
        [1, 3, 400],
      ],
      '999999',
    ],
    [
      'no answer, then a fault, then no answer: the answer that there was',
      [noAnswer(), '999998', timedOut()],
      [
        [1, 1, 0],
        [1, 2, 200],
        [1, 3, 400],
      ],
      '999998',
    ],
    [
      'never an answer: the last of what came instead',
      [noAnswer(), noAnswer(), timedOut()],
      [
        [1, 1, 0],
        [1, 2, 200],
        [1, 3, 400],
      ],
      'attempt timed out',
    ],
    [
      'a fault, then what ends it: the last answer',
      ['999999', '400104'],
      [
        [1, 1, 0],
        [1, 2, 200],
      ],
      '400104',
    ],
  ])('%s', async (_what, outcomes, attempts, end) => {
    const { ended, ...did } = await run(outcomes);
    expect(did.attempts).toEqual(attempts);
    if (end === 'result') expect(ended).toBe('result');
    else expect(ended).toMatchObject({ message: end });
    const failures = outcomes.filter((outcome) => outcome !== 'ok');
    expect(did.told).toEqual(failures.map((one) => (one instanceof Error ? one.message : one)));
    expect(auth.tokenCalls).toHaveLength(Math.max(...attempts.map(([generation]) => generation)));
  });

  it.each(Object.entries(VENDOR_CODES).map(([code, { retry: rule }]) => [code, rule] as const))(
    'code %s: by its rule, %s',
    async (code, rule) => {
      const { attempts, tookMs } = await run([code, 'ok']);
      expect(attempts).toHaveLength(rule === 'never' ? 1 : 2);
      expect(tookMs > 0).toBe(rule === 'backoff' || rule === 'once' || rule === 'delayed');
    },
  );

  it('a code by the rule that the application gives it', async () => {
    expect((await run(['400103', 'ok'], {}, { '400103': { retry: 'refresh-credentials' } })).attempts).toEqual([
      [1, 1, 0],
      [2, 2, 0],
    ]);
    expect((await run(['66660020', '66660020', 'ok'], {}, { 66660020: { retry: 'backoff' } })).attempts).toHaveLength(
      3,
    );
  });
});

describe('pauses', () => {
  it.each([
    [8, [0, 200, 400, 800, 1_600, 3_200, 4_000, 4_000]],
    [2, [0, 200]],
    [1, [0]],
  ])('with %d attempts at most', async (maxAttempts, pauses) => {
    const outcomes = Array.from({ length: 9 }, () => '999999');
    const { attempts } = await run(outcomes, { maxAttempts, timeoutMs: MINUTE });
    expect(attempts.map(([, , afterMs]) => afterMs)).toEqual(pauses);
  });

  it.each<[string, number, number]>([
    ['is as long as the error says', 3_000, 3_000],
    ['is no shorter than the usual one', 10, 200],
  ])('one %s', async (_what, retryAfterMs, pauseMs) => {
    const fault = new BankCardOcrError('VENDOR_FAULT', { retryAfterMs });
    expect((await run([fault, 'ok'])).attempts).toEqual([
      [1, 1, 0],
      [1, 2, pauseMs],
    ]);
  });

  it.each([-0.4, 0, 0.6])('are not cut short by a timer that misses its moment by %f ms', async (offsetMs) => {
    clock.timerOffsetMs = offsetMs;
    const { attempts } = await run(['999999', '400501', 'ok']);
    expect(attempts[1]![2]).toBeGreaterThanOrEqual(200);
    expect(attempts[2]![2]).toBeGreaterThanOrEqual(2_000);
  });
});

describe('what ends it before its time', () => {
  it('a pause that is longer than what is left: the answer comes at once', async () => {
    const { ended, tookMs } = await run(['400504', 'ok'], { timeoutMs: 2_000 });
    expect(ended).toMatchObject({ message: '400504' });
    expect(tookMs).toBe(0);
  });

  /** As an exchange does: it ends with the deadline. */
  const untilDeadline = (reason: () => unknown) => () =>
    new Promise<never>((_, reject) => void clock.setTimer(() => reject(reason() as Error), 1_000));

  it.each<[string, Outcome[], string]>([
    ['the end of the time, without any answer: a time-out', [untilDeadline(timedOut)], 'attempt timed out'],
    ['the end of the time, after an answer: that answer', ['999999', untilDeadline(timedOut)], '999999'],
  ])('%s', async (_what, outcomes, end) => {
    const { ended } = await run(outcomes, { timeoutMs: 1_000 });
    expect(ended).toMatchObject({ message: end });
  });

  it.each<[string, Outcome[], number]>([
    ['in a pause', ['400501'], 500],
    ['in an attempt', [untilDeadline(() => caller.signal.reason)], 500],
    ['in an attempt that fails by itself', [untilDeadline(noAnswer)], 500],
    ['after an answer, in an attempt', ['999999', untilDeadline(noAnswer)], 500],
  ])(
    "the caller, %s: with the caller's reason as it is, and nothing is sent any more",
    async (_when, outcomes, afterMs) => {
      const reason = { any: 'thing' };
      clock.setTimer(() => caller.abort(reason), afterMs);
      const { ended, attempts } = await run(outcomes);
      expect(ended).toBe(reason);
      expect(attempts).toHaveLength(outcomes.length);
    },
  );

  it('the caller, while there are no credentials yet', async () => {
    auth.token = 'hangs';
    clock.setTimer(() => caller.abort('enough'), 500);
    const { ended, attempts } = await run(['ok']);
    expect([ended, attempts]).toEqual(['enough', []]);
  });

  it('the end of the time, while there are no credentials yet: a time-out', async () => {
    auth.token = 'hangs';
    const { ended, attempts } = await run(['ok'], { timeoutMs: 1_000 });
    expect(ended).toMatchObject({ code: 'TIMEOUT' });
    expect(attempts).toEqual([]);
  });

  it('the end of the time, while other credentials are fetched: the rejection', async () => {
    const { ended } = await run([async () => ((auth.token = 'hangs'), Promise.reject(answerOf('400102')))], {
      timeoutMs: 1_000,
    });
    expect(ended).toMatchObject({ vendorCode: '400102' });
  });

  it('the caller, while other credentials are fetched', async () => {
    clock.setTimer(() => caller.abort('enough'), 500);
    const { ended } = await run([async () => ((auth.token = 'hangs'), Promise.reject(answerOf('400102')))]);
    expect(ended).toBe('enough');
  });

  it('a fault of our own: as it is', async () => {
    const bug = new TypeError('a bug');
    expect(await run([bug, 'ok'])).toMatchObject({ ended: bug, attempts: [[1, 1, 0]], told: [] });
  });
});

describe('when nothing may be repeated', () => {
  const mayRepeat = (failure: BankCardOcrError) => failure.code === 'RATE_LIMITED';

  it.each<[string, Outcome[], number, string]>([
    ['an answer that is lost', [noAnswer(), 'ok'], 1, 'no answer'],
    ['a fault of the vendor', ['999999', 'ok'], 1, '999999'],
    ['what may be repeated', ['400501', 'ok'], 2, 'result'],
    ['first one, then the other', ['400501', '999999', 'ok'], 2, '999999'],
    [
      'first one, then no answer: that it is not known, not the answer before',
      ['400501', timedOut()],
      2,
      'attempt timed out',
    ],
    ['dead credentials: with others all the same', ['400102', 'ok'], 2, 'result'],
  ])('%s', async (_what, outcomes, times, end) => {
    const { ended, attempts } = await run(outcomes, { mayRepeat });
    expect(attempts).toHaveLength(times);
    if (end === 'result') expect(ended).toBe('result');
    else expect(ended).toMatchObject({ message: end });
  });
});

describe('a rejection', () => {
  it('is final the second time; what may be the request says so, and starts no refresh for the next one', async () => {
    const { ended } = await run(['400101', '400101']);
    const bizSeqNo = 'b'.repeat(32);
    expect(ended).toMatchObject({ code: 'CREDENTIALS_REJECTED', retryable: false, vendorCode: '400101', bizSeqNo });
    clock.advance(MINUTE - 1);
    expect((await run(['400101'])).attempts).toEqual([[2, 1, 0]]);
    // One that is certain does start one.
    clock.advance(1);
    expect((await run(['400102', 'ok'])).attempts).toEqual([
      [2, 1, 0],
      [3, 2, 0],
    ]);
  });

  it('with a code that may mean the request starts no refresh for one overlap, though one would not be too soon', async () => {
    const late = async () => {
      await new Promise((resolve) => void clock.setTimer(() => resolve(undefined), 10_000));
      throw answerOf('400101');
    };
    await run(['400101', late], { timeoutMs: MINUTE });
    clock.advance(MINUTE - 5_000);
    expect((await run(['400101'])).attempts).toEqual([[2, 1, 0]]);
    expect((await run(['400102', 'ok'])).attempts).toEqual([
      [2, 1, 0],
      [3, 2, 0],
    ]);
  });

  it('is not said to be final when it is certain that the credentials are dead', async () => {
    const { ended } = await run(['400102', '400102']);
    expect(ended).toMatchObject({ code: 'CREDENTIALS_REJECTED', retryable: true });
  });

  it('stands when other credentials were fetched less than an overlap ago', async () => {
    await run(['400102', 'ok']);
    clock.advance(MINUTE - 1);
    expect(await run(['400102', 'ok'])).toMatchObject({ ended: { vendorCode: '400102' }, attempts: [[2, 1, 0]] });
    clock.advance(1);
    expect(await run(['400102', 'ok'])).toMatchObject({ ended: 'result' });
  });

  it('is met with what another caller has fetched meanwhile, without a refresh', async () => {
    const { attempts } = await run([
      async () => {
        await tickets.refresh();
        throw answerOf('400102');
      },
    ]);
    expect(attempts.map(([generation]) => generation)).toEqual([1, 2]);
    expect(auth.tokenCalls).toHaveLength(2);
  });

  it('that was mended is told as a foreign refresh, one that was not is not', async () => {
    const suspected = () => events.filter(({ type }) => type === 'foreign-refresh-suspected').length;
    await run(['400101', '400101']);
    expect(suspected()).toBe(0);
    clock.advance(2 * MINUTE);
    await run(['400101', 'ok']);
    expect(suspected()).toBe(1);
  });
});

describe('a response that the application does not take', () => {
  const OF_THE_POLICY = [
    ['its policy rejects the card', new BankCardOcrError('CARD_REJECTED', { message: 'rejected', retryable: true })],
    ['its policy fails', new BankCardOcrError('INVALID_ARGUMENT', { message: 'threw', retryable: true })],
  ] as const;

  it.each(OF_THE_POLICY)('ends the call at once, after other failures too: %s', async (_what, verdict) => {
    const { ended, attempts, told } = await run(['999999', verdict, 'ok']);
    expect(ended).toBe(verdict);
    expect(attempts).toHaveLength(2);
    // Nothing is wrong with the attempt.
    expect(told).toEqual(['999999']);
  });

  it.each(OF_THE_POLICY)('was made with credentials that Tencent accepts: %s', async (_what, verdict) => {
    expect((await run(['400101', verdict])).ended).toBe(verdict);
    expect(events.filter(({ type }) => type === 'foreign-refresh-suspected')).toHaveLength(1);
  });
});

describe('when there are no credentials', () => {
  it('the refresh that failed is tried again after its pause, and the query goes on', async () => {
    auth.nextTokens.push('refused');
    const { ended, attempts, tookMs, told } = await run(['ok']);
    expect([ended, attempts.length, tookMs]).toEqual(['result', 1, 1_000]);
    expect(told).toEqual(['no valid SIGN ticket is available: refused']);
  });

  it('and none can be had: it says so with the reason, and when to try again', async () => {
    auth.token = 'refused';
    const { ended, attempts, tookMs } = await run(['ok']);
    expect(attempts).toEqual([]);
    expect(ended).toMatchObject({ code: 'NO_VALID_TICKET', retryAfterMs: 4_000, cause: { message: 'refused' } });
    expect(tookMs).toBe(3_000);
  });

  it('and the pause is longer than what is left: it does not wait', async () => {
    auth.token = 'incomplete';
    const { ended, tookMs } = await run(['ok']);
    expect(ended).toMatchObject({ code: 'NO_VALID_TICKET', retryAfterMs: MINUTE });
    expect(tookMs).toBe(0);
  });

  it('the code of the failed refresh is not taken for an answer to the query', async () => {
    auth.nextTokens.push('rejected', 'rejected', 'rejected');
    expect(await run(['ok'])).toMatchObject({ ended: { code: 'NO_VALID_TICKET', vendorCode: '15' }, attempts: [] });
  });

  it('nor does that code say how long to wait', async () => {
    auth.accessToken = () => Promise.reject(new BankCardOcrError('ORDER_NOT_FOUND', { vendorCode: '5' }));
    expect(await run(['ok'])).toMatchObject({ ended: { code: 'NO_VALID_TICKET', vendorCode: '5' }, tookMs: 3_000 });
  });

  it('after an answer: the answer is thrown', async () => {
    auth.ticketLifeMs = MINUTE;
    const { ended } = await run(
      [
        async () => {
          auth.token = 'refused';
          await new Promise((resolve) => void clock.setTimer(() => resolve(undefined), MINUTE));
          throw answerOf('999999');
        },
      ],
      { timeoutMs: 2 * MINUTE },
    );
    expect(ended).toMatchObject({ vendorCode: '999999' });
  });

  it('because the module is closed: at once', async () => {
    await tickets.close();
    const { ended, tookMs } = await run(['ok']);
    expect(ended).toMatchObject({ code: 'NO_VALID_TICKET', retryable: false });
    expect(tookMs).toBe(0);
  });
});

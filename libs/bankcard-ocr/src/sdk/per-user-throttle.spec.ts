import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { Deadline } from '../call/deadline.js';
import { ManualClock } from '../testing/manual-clock.js';
import { TransportError, transportError } from '../vendor/http/transport-error.js';
import { malformedResponse, vendorFailure } from '../vendor/response/envelope.js';
import { mayHaveGivenATicket, PerUserThrottle } from './per-user-throttle.js';

const LOST = new TransportError('UNREACHABLE', true, { message: 'the answer was lost' });
const REFUSED = new BankCardOcrError('ACCESS_DENIED', { vendorCode: '400103' });

let clock: ManualClock;
let spacing: PerUserThrottle;
/** When requests were sent: the user, and milliseconds since the start. */
let sent: [userId: string, at: number][];
let startedAt: number;

beforeEach(() => {
  clock = new ManualClock();
  startedAt = clock.now();
  spacing = new PerUserThrottle(clock);
  sent = [];
});

afterEach(() => {
  clock.advance(60_000);
  expect(spacing.size).toBe(0);
  expect(clock.pendingTimers).toBe(0);
});

interface Launching {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly takesMs?: number;
  /** How its requests fail, one after the other. */
  readonly failures?: unknown[];
}

/** A launch whose requests are repeated, as often as they fail. */
async function launch(userId: string, { timeoutMs = 15_000, signal, takesMs = 0, failures = [] }: Launching = {}) {
  const deadline = new Deadline(clock, timeoutMs, signal);
  const request = async (failure: unknown) => {
    sent.push([userId, clock.now() - startedAt]);
    if (takesMs > 0) await new Promise<void>((resolve) => void clock.setTimer(resolve, takesMs));
    if (failure !== undefined) throw failure;
    return 'ticket';
  };
  try {
    return await spacing.inTurn(userId, deadline, async (ask) => {
      for (const failure of failures.slice(0, -1)) await ask(() => request(failure)).catch(() => undefined);
      return ask(() => request(failures.at(-1)));
    });
  } finally {
    deadline.close();
  }
}

const failureOf = (failing: Promise<unknown>) => failing.catch((error: unknown) => error);
const times = () => sent.map(([, at]) => at);

describe('launches of one user', () => {
  it('stand two seconds apart, counted from the answer, in the order in which they came', async () => {
    const finished: number[] = [];
    const all = [0, 1, 2].map((n) => launch('user1', { takesMs: 300 }).then(() => finished.push(n)));
    await clock.advanceAsync(8_000, 50);
    await Promise.all(all);
    expect(times()).toEqual([0, 2_300, 4_600]);
    expect(finished).toEqual([0, 1, 2]);
  });

  it('need not wait when the last one is two seconds ago', async () => {
    await launch('user1');
    clock.advance(2_000);
    await launch('user1');
    expect(times()).toEqual([0, 2_000]);
  });

  it('are given credentials only when they need not wait any more', async () => {
    await launch('user1');
    const deadline = new Deadline(clock, 15_000, undefined);
    const begun = jest.fn(async () => clock.now() - startedAt);
    const turn = spacing.inTurn('user1', deadline, begun);
    await clock.advanceAsync(2_000, 50);
    await expect(turn).resolves.toBe(2_000);
    expect(begun).toHaveBeenCalledTimes(1);
    deadline.close();
  });

  it('wait also after an answer that was lost, but not after a refusal', async () => {
    await expect(launch('user1', { failures: [LOST] })).rejects.toBe(LOST);
    const second = failureOf(launch('user1', { failures: [REFUSED] }));
    await clock.advanceAsync(2_000, 50);
    expect(await second).toBe(REFUSED);
    await launch('user1');
    expect(times()).toEqual([0, 2_000, 2_000]);
  });

  it('wait also between the requests of one launch', async () => {
    const launching = launch('user1', { failures: [LOST, REFUSED, undefined] });
    await clock.advanceAsync(3_000, 50);
    await launching;
    expect(times()).toEqual([0, 2_000, 2_000]);
  });

  it('that would have to wait too long fail at once, and say how long', async () => {
    await launch('user1');
    clock.advance(500);
    const failing = launch('user1', { timeoutMs: 1_500 });
    await expect(failing).rejects.toMatchObject({ code: 'RATE_LIMITED', retryable: true, retryAfterMs: 1_500 });
    expect(times()).toEqual([0]);
    const waiting = launch('user1', { timeoutMs: 1_501 });
    await expect(launch('user1', { timeoutMs: 3_500 })).rejects.toMatchObject({ retryAfterMs: 3_500 });
    const third = launch('user1', { timeoutMs: 3_501 });
    await clock.advanceAsync(4_000, 50);
    await Promise.all([waiting, third]);
    expect(times()).toEqual([0, 2_000, 4_000]);
  });

  it('that wait for one that takes too long are told the same', async () => {
    const slow = launch('user1', { takesMs: 5_000 });
    const failing = failureOf(launch('user1', { timeoutMs: 3_000 }));
    await clock.advanceAsync(5_000, 50);
    expect(await failing).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 2_000 });
    await slow;
    expect(sent).toHaveLength(1);
  });

  it('that fail between two requests say why there was a second one', async () => {
    const failing = launch('user1', { timeoutMs: 2_000, failures: [LOST, undefined] });
    await expect(failing).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 2_000, cause: LOST });
  });

  it('whose caller stops make room for those behind them, with the very reason', async () => {
    const controller = new AbortController();
    const reason = new Error('canary of the caller');
    const first = launch('user1', { takesMs: 100 });
    const stopped = failureOf(launch('user1', { signal: controller.signal }));
    const third = launch('user1');
    controller.abort(reason);
    expect(await stopped).toBe(reason);
    await clock.advanceAsync(3_000, 50);
    await Promise.all([first, third]);
    expect(times()).toEqual([0, 2_100]);
  });

  it('are not told why the one before them was stopped', async () => {
    await expect(launch('user1', { failures: [new Error('canary of the caller')] })).rejects.toThrow('canary');
    const failure = await failureOf(launch('user1', { timeoutMs: 1_000 }));
    expect(failure).toMatchObject({ code: 'RATE_LIMITED' });
    expect(failure).not.toHaveProperty('cause');
  });
});

describe('launches of many users', () => {
  it('do not wait for each other', async () => {
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => launch(`user${n}`)));
    expect(new Set(times())).toEqual(new Set([0]));
    expect(spacing.size).toBe(1_000);
  });

  it('are forgotten when there is nothing to wait for', async () => {
    await launch('user1');
    await expect(launch('user2', { failures: [REFUSED] })).rejects.toBe(REFUSED);
    expect(spacing.size).toBe(1);
    for (let n = 0; n < 1_000; n += 1) await launch('user1', { timeoutMs: 1 }).catch(() => undefined);
    expect([spacing.size, clock.pendingTimers]).toEqual([1, 1]);
    clock.advance(1_999);
    expect(spacing.size).toBe(1);
    clock.advance(1);
    expect(spacing.size).toBe(0);
  });

  it('are remembered while somebody waits', async () => {
    const all = [launch('user1'), launch('user1')];
    await clock.advanceAsync(2_000, 50);
    await Promise.all(all);
    expect(spacing.size).toBe(1);
  });
});

const code = (vendorCode: string) => vendorFailure({ code: vendorCode }, {});
const system = (name: string) => transportError(Object.assign(new Error('x'), { code: name }));

describe('after a request for a NONCE ticket', () => {
  it.each<[string, unknown]>([
    ['whose answer was lost', system('ECONNRESET')],
    ['that timed out', new TransportError('TIMEOUT', true, { message: 'no answer' })],
    ['whose success cannot be read', malformedResponse('gave no readable ticket', { code: '0' }, true)],
    ['that ended in a fault of the vendor', code('999999')],
    ['that ended in a time-out inside Tencent', code('66660021')],
    ['that was too frequent: somebody else was given one', code('400504')],
    ['whose caller stopped', new Error('stop')],
    ['whose caller had no more time', new BankCardOcrError('TIMEOUT')],
  ])('%s, the user may have a ticket', (_what, error) => {
    expect(mayHaveGivenATicket(error)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['that was never sent', system('ECONNREFUSED')],
    ['that was refused for its token', code('15')],
    ['that was refused as malformed', code('400101')],
    ['that was denied', code('400103')],
    ['that was over the limit of all', code('400501')],
    ['that a proxy turned away', new TransportError('RATE_LIMITED', false, { message: '429', retryAfterMs: 5_000 })],
  ])('%s, the user has none', (_what, error) => {
    expect(mayHaveGivenATicket(error)).toBe(false);
  });
});

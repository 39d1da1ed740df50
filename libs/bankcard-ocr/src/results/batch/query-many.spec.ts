import { inspect } from 'node:util';
import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { ManualClock } from '../../testing/manual-clock.js';
import type { OrderNumbers, QueryManyOptions, QueryManyOutcome } from './query-many.js';
import { collected, type FakeAnswer, FakeAsking, WatchedSource } from './fake-asking.test-support.js';

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});
afterEach(() => expect(clock.pendingTimers).toBe(0));

function orders(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `o${index}`);
}

/** Everything of a batch, time moved as far as it needs. */
async function allOf(asking: FakeAsking, source: OrderNumbers, options?: QueryManyOptions): Promise<unknown[]> {
  let all: unknown[] | undefined;
  const collecting = collected(asking.many(source, options)).then((outcomes) => (all = outcomes));
  for (let second = 0; second < 600 && !all; second += 1) await clock.advanceAsync(1_000);
  return collecting;
}

describe('a batch of queries', () => {
  it('yields every order once, as it finishes', async () => {
    const asking = new FakeAsking(clock, (orderNo) => ({ ms: orderNo === 'o1' ? 1_000 : 50 }));
    expect(await allOf(asking, orders(5))).toEqual(['o0', 'o2', 'o3', 'o4', 'o1']);
    expect(asking.began).toEqual(orders(5).map((orderNo, index) => [orderNo, index * 100]));
  });

  it.each<[string, OrderNumbers]>([
    ['a list', ['a', 'b']],
    ['a Set', new Set(['a', 'b'])],
    ['a generator', ['a', 'b'].values()],
    ['an async source', new WatchedSource(['a', 'b'])],
    ['a stream of the web', ReadableStream.from(['a', 'b']) as AsyncIterable<string>],
  ])('takes its orders from %s', async (_what, source) => {
    expect(await allOf(new FakeAsking(clock), source)).toEqual(['a', 'b']);
  });

  it('has nothing to say about no orders', async () => {
    expect(await allOf(new FakeAsking(clock), [])).toEqual([]);
  });

  it('holds 8 orders at most and begins 10 in a second, unless told otherwise', async () => {
    const slow = new FakeAsking(clock, () => ({ ms: 5_000 }));
    await allOf(slow, orders(20));
    expect(slow.mostInFlight).toBe(8);
    expect(slow.began.slice(0, 9).map(([, at]) => at)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 5_000]);

    const quick = new FakeAsking(clock);
    await allOf(quick, orders(7), { concurrency: 2, ratePerSecond: 0.5 });
    expect(quick.began.map(([, at]) => at)).toEqual([0, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000]);
  });

  it('fails for one order without ending, and repeats no bad order number', async () => {
    const asking = new FakeAsking(clock, (orderNo) => (orderNo === 'b' ? { error: 'CARD_UNREADABLE' } : {}));
    const bad = '6222 0212 3456 7890 128';
    const all: QueryManyOutcome[] = [];
    const batch = asking.many(['a', bad, 'b', '', 5 as unknown as string, 'c']);
    const collecting = (async () => {
      for await (const outcome of batch) all.push(outcome);
    })();
    await clock.advanceAsync(1_000);
    await collecting;
    expect(new Set(all.map(({ orderNo }) => orderNo))).toEqual(new Set(['a', bad, 'b', '', 5, 'c']));
    expect(all).toHaveLength(6);
    const refused = all.filter(({ error }) => (error as BankCardOcrError | undefined)?.code === 'INVALID_ARGUMENT');
    expect(refused).toHaveLength(3);
    for (const { error } of refused) expect(inspect(error)).not.toContain('7890');
    expect(all.find(({ orderNo }) => orderNo === 'b')?.error).toMatchObject({ code: 'CARD_UNREADABLE' });
    expect(all.every((outcome) => 'result' in outcome !== 'error' in outcome)).toBe(true);
    expect(asking.began.map(([orderNo]) => orderNo)).toEqual(['a', 'b', 'c']);
  });

  it('asks twice for what stands twice in the source', async () => {
    const asking = new FakeAsking(clock);
    expect(await allOf(asking, ['a', 'b', 'a'])).toEqual(['a', 'b', 'a']);
    expect(asking.began).toHaveLength(3);
  });

  it.each<[string, QueryManyOptions, RegExp]>([
    ['concurrency 0', { concurrency: 0 }, /^concurrency must be a whole number, 1 or more$/],
    ['half a concurrency', { concurrency: 1.5 }, /^concurrency/],
    ['a concurrency without end', { concurrency: Infinity }, /^concurrency/],
    ['a concurrency in letters', { concurrency: '4' as unknown as number }, /^concurrency/],
    ['rate 0', { ratePerSecond: 0 }, /^ratePerSecond must be a number, more than 0$/],
    ['a rate below 0', { ratePerSecond: -1 }, /^ratePerSecond/],
    ['no number', { ratePerSecond: Number.NaN }, /^ratePerSecond/],
    ['null', { ratePerSecond: null as unknown as number }, /^ratePerSecond/],
    ['a rate without end', { ratePerSecond: Infinity }, /^ratePerSecond/],
    ['a wrong limit of its queries', { timeoutMs: 0 }, /^timeoutMs/],
    ['a signal that is none', { signal: {} as AbortSignal }, /^signal must be an AbortSignal$/],
  ])('refuses %s before it takes anything', async (_what, options, message) => {
    const source = new WatchedSource(['a']);
    const next = new FakeAsking(clock).many(source, options).next();
    await expect(next).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) });
    expect(source).toMatchObject({ taken: 0, closed: 0 });
  });

  it.each([['order1'], [undefined], [{}], [7]])('refuses %p as a source', async (source) => {
    const next = new FakeAsking(clock).many(source as unknown as string[]).next();
    await expect(next).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^orders must/),
    });
  });
});

describe('a batch that the vendor finds too fast', () => {
  const limited: FakeAnswer = { error: 'RATE_LIMITED' };

  it('asks again for the orders that were refused, and loses none', async () => {
    const asking = new FakeAsking(clock, (_orderNo, round) => (round <= 4 ? limited : {}));
    expect(new Set(await allOf(asking, orders(10)))).toEqual(new Set(orders(10)));
    expect(asking.began).toHaveLength(50);
    expect(asking.mostInFlight).toBeLessThanOrEqual(8);
  });

  it('lets an order that was refused rest, longer each time, while others go on', async () => {
    const asking = new FakeAsking(clock, (orderNo, round) => (orderNo === 'o1' && round <= 4 ? limited : {}));
    await allOf(asking, orders(30));
    const rounds = asking.began.flatMap(([orderNo, at]) => (orderNo === 'o1' ? [at] : []));
    const rests = rounds.slice(1).map((at, index) => at - rounds[index]!);
    expect(rests).toHaveLength(4);
    for (const [index, rest] of rests.entries()) expect(rest).toBeGreaterThan(800 * 2 ** index);
    expect(asking.began.at(-1)?.[0]).toBe('o1');
  });

  it('gives an order up after five rounds, with the answer of the vendor', async () => {
    const asking = new FakeAsking(clock, (orderNo) => (orderNo === 'o1' ? limited : {}));
    expect(await allOf(asking, orders(3))).toEqual(['o0', 'o2', 'o1: RATE_LIMITED']);
    expect(asking.began.filter(([orderNo]) => orderNo === 'o1')).toHaveLength(5);
  });

  it('does not ask again when vendorCodeOverrides say never', async () => {
    const ask = jest.fn(() => Promise.reject(new BankCardOcrError('RATE_LIMITED', { retryable: false })));
    const asking = Object.assign(new FakeAsking(clock), { ask });
    expect(await allOf(asking, ['a'])).toEqual(['a: RATE_LIMITED']);
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it('slows down at once, while the queries still repeat, then recovers', async () => {
    const asking = new FakeAsking(clock, (orderNo, _round, { onFailure }) => {
      if (orderNo === 'o3') onFailure(new BankCardOcrError('RATE_LIMITED'));
      if (orderNo === 'o1') onFailure(new BankCardOcrError('VENDOR_FAULT'));
      return {};
    });
    await allOf(asking, orders(400), { concurrency: 100 });
    const pauses = asking.began.slice(1).map(([, at], index) => at - asking.began[index]![1]);
    expect(pauses.slice(0, 3)).toEqual([100, 100, 100]);
    expect(pauses[3]).toBeGreaterThan(190);
    expect(pauses[7]).toBeGreaterThan(150);
    expect(pauses.at(-1)).toBeCloseTo(100, 5);
    expect(Math.min(...pauses)).toBeGreaterThan(98);
  });

  it('waits as long as the vendor asks', async () => {
    let refused = false;
    const asking = new FakeAsking(clock, (_orderNo, _round, { onFailure }) => {
      if (!refused) onFailure(new BankCardOcrError('RATE_LIMITED', { retryAfterMs: 3_000 }));
      refused = true;
      return {};
    });
    await allOf(asking, orders(2));
    expect(asking.began[1]).toEqual(['o1', 3_000]);
  });
});

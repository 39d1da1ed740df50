import type { BankCardOcrResult } from '../../card/bank-card-ocr-result.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { sleep } from '../../runtime/abort.js';
import { type Ask, queryMany } from './query-many.js';
import { collected, FakeAsking, WatchedSource } from './fake-asking.test-support.js';

let clock: ManualClock;
let asking: FakeAsking;

beforeEach(() => {
  clock = new ManualClock();
  asking = new FakeAsking(clock, () => ({ ms: 1_000 }));
});
afterEach(() => {
  expect(clock.pendingTimers).toBe(0);
  expect(asking.inFlight).toBe(0);
});

const FAST = { ratePerSecond: 1_000 };

function orders(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `o${index}`);
}

describe('a consumer', () => {
  it('that has not begun costs nothing', async () => {
    const source = new WatchedSource(orders(9));
    const batch = asking.many(source);
    await clock.advanceAsync(5_000);
    expect(source.taken).toBe(0);
    await batch.return();
    expect(source).toMatchObject({ taken: 0, closed: 0 });
  });

  it('that stops taking stops the batch, however much is ready', async () => {
    const source = new WatchedSource(orders(100));
    const batch = asking.many(source, { ...FAST, concurrency: 5 });
    const first = batch.next();
    await clock.advanceAsync(60_000);
    // One was taken, and made room for another.
    expect(await first).toMatchObject({ value: { orderNo: 'o0' } });
    expect(source.taken).toBe(6);
    expect(asking.began).toHaveLength(6);
    await batch.next();
    await clock.advanceAsync(60_000);
    expect(source.taken).toBe(7);
    await batch.return();
    expect(source).toMatchObject({ taken: 7, closed: 1 });
  });

  it('that leaves ends what is in flight, waits for it, and closes the source', async () => {
    const source = new WatchedSource(orders(100));
    const aborted: string[] = [];
    asking = new FakeAsking(clock, (orderNo, _round, { signal }) => {
      signal.addEventListener('abort', () => aborted.push(orderNo));
      return { ms: orderNo === 'o0' ? 100 : 1_000 };
    });
    const left = (async () => {
      for await (const { orderNo } of asking.many(source, { ...FAST, concurrency: 4 })) return orderNo;
      return undefined;
    })();
    await clock.advanceAsync(200);
    expect(await left).toBe('o0');
    expect(asking.inFlight).toBe(0);
    expect(aborted).toEqual(['o0', 'o1', 'o2', 'o3']);
    const { taken } = source;
    await clock.advanceAsync(60_000);
    expect(source).toMatchObject({ taken, closed: 1 });
  });

  it('that leaves waits for queries that take their time to end', async () => {
    let ended = 0;
    const ask: Ask = async (orderNo, hooks) => {
      if (orderNo === 'o0') return { orderNo } as BankCardOcrResult;
      await sleep(clock, 1_000, hooks.signal).catch(() => sleep(clock, 500, new AbortController().signal));
      ended += 1;
      return raise('torn off');
    };
    let endedWhenLeft: number | undefined;
    void (async () => {
      for await (const _outcome of queryMany(ask, orders(3), FAST, clock)) {
        await sleep(clock, 100, new AbortController().signal);
        break;
      }
      endedWhenLeft = ended;
    })();
    await clock.advanceAsync(1_000);
    expect(endedWhenLeft).toBe(2);
  });

  it('that throws gets its own error, and everything ends as well', async () => {
    const source = new WatchedSource(orders(100));
    const thrown = (async () => {
      for await (const _outcome of asking.many(source, FAST)) throw new Error('mine');
    })().catch((error: unknown) => error);
    await clock.advanceAsync(2_000);
    expect(await thrown).toEqual(new Error('mine'));
    expect(source.closed).toBe(1);
  });

  it('that leaves is not kept by a source that waits for its next order', async () => {
    const source: WatchedSource = new WatchedSource(['a', 'b'], () =>
      source.taken > 1 ? new Promise(() => undefined) : Promise.resolve(),
    );
    const left = (async () => {
      for await (const { orderNo } of asking.many(source, FAST)) return orderNo;
      return undefined;
    })();
    await clock.advanceAsync(2_000);
    expect(await left).toBe('a');
    expect(source.closed).toBe(1);
  });

  it.each<[string, () => Iterable<string> | AsyncIterable<string>]>([
    [
      'at once',
      function* () {
        try {
          for (;;) yield 'a';
        } finally {
          raise('at return');
        }
      },
    ],
    [
      'later',
      async function* () {
        try {
          for (;;) yield 'a';
        } finally {
          await Promise.resolve();
          raise('at return');
        }
      },
    ],
  ])('that leaves hears what the source throws %s at that, as in any loop', async (_when, source) => {
    const thrown = (async () => {
      for await (const _outcome of asking.many(source(), FAST)) break;
    })().catch((error: unknown) => error);
    await clock.advanceAsync(2_000);
    expect(await thrown).toEqual(new Error('at return'));
  });
});

it('a source that has run out is not closed as well', async () => {
  const source = new WatchedSource(['a', 'b']);
  const all = collected(asking.many(source, FAST));
  await clock.advanceAsync(2_000);
  expect(await all).toEqual(['a', 'b']);
  expect(source).toMatchObject({ taken: 2, closed: 0 });
});

describe('a source that throws', () => {
  it.each<[string, () => Iterable<string> | AsyncIterable<string>]>([
    [
      'at once',
      function* () {
        yield* ['a', 'b'];
        raise('no more');
      },
    ],
    [
      'later',
      async function* () {
        yield* ['a', 'b'];
        await Promise.resolve();
        raise('no more');
      },
    ],
  ])('%s ends the batch when what it gave is through', async (_when, source) => {
    const all = collected(asking.many(source(), FAST));
    await clock.advanceAsync(3_000);
    expect(await all).toEqual(['a', 'b', new Error('no more')]);
  });

  it('before its first order ends it at once', async () => {
    const source = { [Symbol.iterator]: () => raise('no source') };
    expect(await collected(asking.many(source as unknown as string[]))).toEqual([new Error('no source')]);
  });
});

describe('a signal', () => {
  it.each([[new Error('stop')], ['a text'], [null]])(
    'ends the batch with its reason %p, never silently',
    async (reason) => {
      const source = new WatchedSource(orders(100));
      const controller = new AbortController();
      const { signal } = controller;
      const added = jest.spyOn(signal, 'addEventListener');
      const removed = jest.spyOn(signal, 'removeEventListener');
      asking = new FakeAsking(clock, (orderNo) => ({ ms: orderNo === 'o0' ? 100 : 1_000 }));
      const all = collected(asking.many(source, { ratePerSecond: 10, concurrency: 4, signal }));
      // One is through; two are being asked, two wait for their turn.
      await clock.advanceAsync(250);
      expect(asking.inFlight).toBe(2);
      controller.abort(reason);
      expect(await all).toEqual([
        'o0',
        ...['o1', 'o2', 'o3', 'o4'].map((orderNo) => `${orderNo}: ${String(reason)}`),
        reason,
      ]);
      expect(source).toMatchObject({ taken: 5, closed: 1 });
      expect(added).toHaveBeenCalledTimes(1);
      expect(removed.mock.calls[0]?.slice(0, 2)).toEqual(added.mock.calls[0]?.slice(0, 2));
    },
  );

  it('gives its reason also for a query that fails in its own way at that', async () => {
    const controller = new AbortController();
    const ask: Ask = async (_orderNo, hooks) => {
      await sleep(clock, 1_000, hooks.signal).catch(() => raise('torn off'));
      return raise('too late');
    };
    const all = collected(queryMany(ask, ['a', 'b'], { ...FAST, signal: controller.signal }, clock));
    await clock.advanceAsync(100);
    controller.abort('stop');
    expect(await all).toEqual(['a: stop', 'b: stop', 'stop']);
  });

  it('that has ended already begins nothing', async () => {
    const source = new WatchedSource(['a']);
    expect(await collected(asking.many(source, { signal: AbortSignal.abort('early') }))).toEqual(['early']);
    expect(source.taken).toBe(0);
  });

  it('that comes after the last order still says so', async () => {
    const controller = new AbortController();
    const batch = asking.many(['a'], { signal: controller.signal });
    const first = batch.next();
    await clock.advanceAsync(1_000);
    await first;
    controller.abort('late');
    await expect(batch.next()).rejects.toBe('late');
  });

  it('leaves what was finished before as it is', async () => {
    const controller = new AbortController();
    const batch = asking.many(orders(3), { ...FAST, signal: controller.signal });
    const first = batch.next();
    await clock.advanceAsync(5_000);
    await first;
    controller.abort('stop');
    expect(await collected(batch)).toEqual(['o1', 'o2', 'stop']);
  });

  it('does not wait for a source that waits, and takes nothing from it any more', async () => {
    let give: () => void = () => undefined;
    const source = new WatchedSource(orders(9), () => new Promise((resolve) => (give = resolve)));
    const controller = new AbortController();
    const all = collected(asking.many(source, { ...FAST, signal: controller.signal }));
    await clock.advanceAsync(10);
    controller.abort('stop');
    expect(await all).toEqual(['stop']);
    give();
    await clock.advanceAsync(5_000);
    expect(asking.began).toEqual([]);
    expect(source).toMatchObject({ taken: 1, closed: 1 });
  });

  it('says more than a source that will not be closed', async () => {
    const source = { [Symbol.iterator]: () => ({ next: () => ({ value: 'a' }), return: () => raise('at return') }) };
    const controller = new AbortController();
    const all = collected(asking.many(source as Iterable<string>, { concurrency: 1, signal: controller.signal }));
    await clock.advanceAsync(10);
    controller.abort('stop');
    expect(await all).toEqual(['a: stop', 'stop']);
  });
});

function raise(message: string): never {
  throw new Error(message);
}

import fc from 'fast-check';
import { ManualClock } from '../../testing/manual-clock.js';
import { collected, type FakeAnswer, FakeAsking, WatchedSource } from './fake-asking.test-support.js';

/** How the queries of one order go, round by round; the last way stays. */
const story = fc.record({
  answers: fc.array(
    fc.record({
      ms: fc.integer({ min: 0, max: 3_000 }),
      error: fc.constantFrom<FakeAnswer['error']>(undefined, undefined, 'RATE_LIMITED', 'RATE_LIMITED', 'VENDOR_FAULT'),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  bad: fc.boolean(),
  sourceMs: fc.constantFrom(0, 0, 1, 400),
});

const scene = fc.record({
  stories: fc.array(story, { maxLength: 25 }),
  concurrency: fc.integer({ min: 1, max: 12 }),
  ratePerSecond: fc.constantFrom(0.7, 3, 10, 1_000),
  async: fc.boolean(),
  stopAtMs: fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined }),
});

describe('every order of a batch', () => {
  it('is accounted for exactly once, whatever its queries, its source and its signal do', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ stories, concurrency, ratePerSecond, async, stopAtMs }) => {
        const clock = new ManualClock();
        // An order number tells which story is its own; a bad one has a character that none may have.
        const numbers = stories.map(({ bad }, index) => (bad && index % 4 === 0 ? `bad-${index}` : `o${index}`));
        const asking = new FakeAsking(clock, (orderNo, round) => {
          const { answers } = stories[Number(orderNo.slice(1))]!;
          return answers[Math.min(round, answers.length) - 1]!;
        });
        const source = new WatchedSource(numbers, () => {
          const { sourceMs } = stories[source.taken - 1]!;
          return new Promise((resolve) => void clock.setTimer(resolve, sourceMs));
        });
        let given = 0;
        const ready = function* () {
          for (const orderNo of numbers) {
            given += 1;
            yield orderNo;
          }
        };
        const controller = new AbortController();
        if (stopAtMs !== undefined) clock.setTimer(() => controller.abort('stop'), stopAtMs);
        const options = { concurrency, ratePerSecond, signal: controller.signal };

        let all: unknown[] | undefined;
        void collected(asking.many(async ? source : ready(), options)).then((outcomes) => (all = outcomes));
        for (let minute = 0; minute < 100 && !all; minute += 1) await clock.advanceAsync(60_000, 60_000);
        if (!all) throw new Error('The batch does not end.');

        const stopped = all.at(-1) === 'stop';
        const accounted = all.slice(0, stopped ? -1 : undefined).map((outcome) => String(outcome).split(':')[0]!);
        expect(accounted).toHaveLength(new Set(accounted).size);
        if (stopped) expect(stopAtMs).toBeDefined();
        else expect(accounted.sort()).toEqual([...numbers].sort());
        // In front of a stop, everything that was taken; only an order of an async source may have been on its way.
        if (async) expect(source.taken - accounted.length).toBeLessThanOrEqual(1);
        else expect(given).toBe(accounted.length);
        const untold = asking.began.filter(([orderNo]) => !accounted.includes(orderNo));
        expect(untold).toEqual([]);
        expect(numbers.slice(0, accounted.length).sort()).toEqual([...accounted].sort());
        expect(asking.mostInFlight).toBeLessThanOrEqual(concurrency);
        expect(asking.inFlight).toBe(0);
        // No order is asked for more often than five times, nor again after anything but "too many".
        for (const [index, { answers }] of stories.entries()) {
          const rounds = asking.began.filter(([orderNo]) => orderNo === `o${index}`).length;
          const refusals = answers.findIndex(({ error }) => error !== 'RATE_LIMITED');
          expect(rounds).toBeLessThanOrEqual(Math.min(5, refusals === -1 ? 5 : refusals + 1));
        }
      }),
      { numRuns: 60 },
    );
  });
});

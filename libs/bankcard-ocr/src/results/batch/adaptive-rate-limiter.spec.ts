import fc from 'fast-check';
import { ManualClock } from '../../testing/manual-clock.js';
import { AdaptiveRateLimiter } from './adaptive-rate-limiter.js';

let clock: ManualClock;
let startedAt: number;
let signal: AbortSignal;

function begin(): void {
  clock = new ManualClock();
  startedAt = clock.monotonic();
  ({ signal } = new AbortController());
}

beforeEach(begin);

/** Ask for `count` turns at once; the moments at which they come, from the start. */
function turns(pace: AdaptiveRateLimiter, count: number): number[] {
  const moments: number[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    void pace.turn(signal).then(() => moments.push(clock.monotonic() - startedAt));
  }
  return moments;
}

describe('the pace of a batch', () => {
  it('spreads the turns evenly, the first at once, in the order in which they were asked for', async () => {
    const pace = new AdaptiveRateLimiter(10, clock);
    const order: number[] = [];
    for (let turn = 0; turn < 4; turn += 1) void pace.turn(signal).then(() => order.push(turn));
    const moments = turns(pace, 3);
    await clock.advanceAsync(1_000);
    expect(order).toEqual([0, 1, 2, 3]);
    expect(moments).toEqual([400, 500, 600]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('saves nothing up while nobody asks', async () => {
    const pace = new AdaptiveRateLimiter(10, clock);
    await clock.advanceAsync(5_000);
    const moments = turns(pace, 3);
    await clock.advanceAsync(300);
    expect(moments).toEqual([5_000, 5_100, 5_200]);
  });

  it('makes up for timers that are late, one turn each', async () => {
    const pace = new AdaptiveRateLimiter(10, clock);
    const moments = turns(pace, 4);
    await clock.advanceAsync(0);
    // All at once, as if the process had been busy: 30 ms behind.
    clock.advance(130);
    await clock.advanceAsync(0);
    await clock.advanceAsync(200);
    expect(moments).toEqual([0, 130, 200, 300]);
  });

  it('goes down by half at the first "too many", and only once in a second', () => {
    const pace = new AdaptiveRateLimiter(10, clock);
    pace.slowDown();
    pace.slowDown();
    expect(pace.ratePerSecond).toBe(5);
    clock.advance(999);
    pace.slowDown();
    expect(pace.ratePerSecond).toBeCloseTo(5.17, 2);
    clock.advance(1);
    pace.slowDown();
    expect(pace.ratePerSecond).toBeCloseTo(2.58, 2);
  });

  it('comes up again by a sixtieth of the full rate in a second, and never above it', () => {
    const pace = new AdaptiveRateLimiter(10, clock);
    pace.slowDown();
    clock.advance(6_000);
    expect(pace.ratePerSecond).toBeCloseTo(6, 10);
    clock.advance(23_999);
    expect(pace.ratePerSecond).toBeLessThan(10);
    clock.advance(1);
    expect(pace.ratePerSecond).toBe(10);
    clock.advance(1e9);
    expect(pace.ratePerSecond).toBe(10);
  });

  it.each([
    [10, 0.2],
    [0.1, 0.1],
  ])('of %d in a second falls to %d and no lower', (highest, lowest) => {
    const pace = new AdaptiveRateLimiter(highest, clock);
    const seen: number[] = [];
    for (let second = 0; second < 100; second += 1) {
      pace.slowDown();
      seen.push(pace.ratePerSecond);
      clock.advance(1_000);
    }
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(lowest);
    expect(seen.at(-1)).toBeCloseTo(lowest, 10);
  });

  it('holds for who waits already', async () => {
    const pace = new AdaptiveRateLimiter(1, clock);
    const moments = turns(pace, 3);
    await clock.advanceAsync(500);
    pace.slowDown();
    await clock.advanceAsync(4_000);
    // The second was due at 1000; then the rate was 0.5 + 0.5/60.
    expect(moments[1]).toBeGreaterThan(1_900);
    expect(moments).toHaveLength(3);
  });

  it('lets nobody through before the vendor has said that it may', async () => {
    const pace = new AdaptiveRateLimiter(10, clock);
    pace.slowDown(2_000);
    pace.slowDown(500);
    const moments = turns(pace, 1);
    await clock.advanceAsync(1_999);
    expect(moments).toEqual([]);
    await clock.advanceAsync(1);
    expect(moments).toEqual([2_000]);
  });

  it('does not believe anybody who wants it to wait for days', async () => {
    const pace = new AdaptiveRateLimiter(10, clock);
    pace.slowDown(999_999_000);
    const moments = turns(pace, 1);
    await clock.advanceAsync(60_000);
    expect(moments).toEqual([60_000]);
  });

  it('ends the waiting with the reason of the signal, and leaves nothing behind', async () => {
    const pace = new AdaptiveRateLimiter(1, clock);
    const controller = new AbortController();
    const added = jest.spyOn(controller.signal, 'addEventListener');
    const removed = jest.spyOn(controller.signal, 'removeEventListener');
    await pace.turn(controller.signal);
    const waiting = [1, 2, 3].map(() => pace.turn(controller.signal));
    const patient = turns(pace, 1);
    await clock.advanceAsync(1_500);
    controller.abort('stop');
    expect(await Promise.allSettled(waiting)).toEqual([
      { status: 'fulfilled', value: undefined },
      { status: 'rejected', reason: 'stop' },
      { status: 'rejected', reason: 'stop' },
    ]);
    await clock.advanceAsync(500);
    expect(patient).toEqual([2_000]);
    expect(clock.pendingTimers).toBe(0);
    expect(added.mock.calls.length).toBe(2);
    expect(removed.mock.calls.length).toBe(1);
  });

  it('never lets more through in any second than it is told, whenever it is slowed', async () => {
    const rates = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0.3, max: 20, noNaN: true }));
    const slowed = fc.array(fc.integer({ min: 0, max: 4_000 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(rates, slowed, async (rate, moments) => {
        begin();
        const pace = new AdaptiveRateLimiter(rate, clock);
        for (const ms of moments) clock.setTimer(() => pace.slowDown(), ms);
        const seen = turns(pace, 40);
        await clock.advanceAsync(5_000);
        for (const from of seen) {
          const within = seen.filter((moment) => moment >= from && moment < from + 1_000).length;
          expect(within).toBeLessThanOrEqual(Math.ceil(rate) + 1);
        }
        if (moments.length === 0) expect(seen.length).toBeGreaterThanOrEqual(Math.min(40, Math.floor(rate * 5)));
      }),
      { numRuns: 30 },
    );
  });
});

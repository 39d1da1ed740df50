import { KycSandbox } from './kyc-sandbox.js';
import { ManualClock } from './manual-clock.js';
import { PlainClient } from './plain-client.test-support.js';

describe('ManualClock', () => {
  test('stands until it is moved, and starts at the new year of 2026 in China', () => {
    const clock = new ManualClock();
    expect(new Date(clock.now()).toISOString()).toBe('2025-12-31T16:00:00.000Z');
    const monotonic = clock.monotonic();
    clock.advance(1_500);
    expect(clock.now() - Date.UTC(2025, 11, 31, 16)).toBe(1_500);
    expect(clock.monotonic() - monotonic).toBe(1_500);
    expect(new ManualClock(42).now()).toBe(42);
  });

  test('fires timers in the order of their due times, time standing at each', () => {
    const clock = new ManualClock(0);
    const fired: [string, number][] = [];
    const note = (name: string) => () => fired.push([name, clock.now()]);
    clock.setTimer(note('third'), 300);
    clock.setTimer(note('first'), 100);
    clock.setTimer(note('second'), 100);
    clock.setTimer(note('late'), 1_001);
    clock.advance(1_000);
    expect(fired).toEqual([
      ['first', 100],
      ['second', 100],
      ['third', 300],
    ]);
    expect(clock.now()).toBe(1_000);
    expect(clock.pendingTimers).toBe(1);
  });

  test('fires timers that are set while it advances, when they are due', () => {
    const clock = new ManualClock(0);
    const ticks: number[] = [];
    const tick = () => {
      ticks.push(clock.now());
      clock.setTimer(tick, 400);
    };
    clock.setTimer(tick, 400);
    clock.advance(1_300);
    expect(ticks).toEqual([400, 800, 1_200]);
    expect(clock.pendingTimers).toBe(1);
  });

  test('a cancelled timer does not fire, and cancelling twice harms nobody', () => {
    const clock = new ManualClock();
    const fired = jest.fn();
    const timer = clock.setTimer(fired, 10);
    const other = clock.setTimer(fired, 10);
    timer.cancel();
    timer.cancel();
    clock.advance(20);
    expect(fired).toHaveBeenCalledTimes(1);
    other.cancel();
    expect(clock.pendingTimers).toBe(0);
  });

  test('a timer of no delay waits for the next move', () => {
    const clock = new ManualClock();
    const fired = jest.fn();
    clock.setTimer(fired, -5);
    expect(fired).not.toHaveBeenCalled();
    clock.advance(0);
    expect(fired).toHaveBeenCalledTimes(1);
  });

  test('a jump of the wall clock moves neither the monotonic clock nor timers', () => {
    const clock = new ManualClock(0);
    const fired = jest.fn();
    clock.setTimer(fired, 1_000);
    const monotonic = clock.monotonic();
    clock.shiftWallClock(-3_600_000);
    expect(clock.now()).toBe(-3_600_000);
    expect(clock.monotonic()).toBe(monotonic);
    clock.advance(999);
    expect(fired).not.toHaveBeenCalled();
    clock.advance(1);
    expect(fired).toHaveBeenCalledTimes(1);
  });

  test('advanceAsync lets promise chains set their timers at the time that started them', async () => {
    const clock = new ManualClock(0);
    const seen: number[] = [];
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimer(resolve, ms));
    const chain = async () => {
      for (let round = 0; round < 4; round += 1) {
        await sleep(700);
        seen.push(clock.now());
      }
    };
    const done = chain();
    await clock.advanceAsync(2_100, 60_000);
    expect(seen).toEqual([700, 1_400, 2_100]);
    await clock.advanceAsync(700);
    await done;
    expect(clock.now()).toBe(2_800);
  });

  test('advanceAsync moves while other timers of the test are fake', async () => {
    jest.useFakeTimers();
    try {
      const clock = new ManualClock();
      let isDue = false;
      clock.setTimer(() => (isDue = true), 1_000);
      await clock.advanceAsync(1_000);
      expect(isDue).toBe(true);
    } finally {
      jest.useRealTimers();
    }
  });

  test('advanceAsync lets an exchange over the loopback end at the time that started it', async () => {
    const clock = new ManualClock(0);
    await using sandbox = await KycSandbox.start({ clock });
    const client = new PlainClient(sandbox);
    const seen: number[] = [];
    clock.setTimer(() => void client.refresh().then(() => seen.push(clock.now())), 1_500);
    await clock.advanceAsync(60_000);
    client.close();
    expect(seen).toEqual([1_500]);
  });
});

import { ManualClock } from '../../testing/manual-clock.js';
import { LeaseHeartbeat } from './lease-heartbeat.js';

const TTL_MS = 300;

let clock: ManualClock;
beforeEach(() => void (clock = new ManualClock()));

const started: LeaseHeartbeat[] = [];
afterEach(async () => {
  const stopped = Promise.all(started.splice(0).map((heartbeat) => heartbeat.release()));
  // A sign of life that is under way comes to its end.
  await clock.advanceAsync(TTL_MS);
  await stopped;
});

function beating(beat: () => Promise<boolean>, takenAt = clock.monotonic()): LeaseHeartbeat {
  const heartbeat = new LeaseHeartbeat('1', TTL_MS, takenAt, beat, async () => undefined, clock);
  started.push(heartbeat);
  return heartbeat;
}

const passed = (ms: number) => new Promise<void>((resolve) => clock.setTimer(resolve, ms));
const pass = (ms: number) => clock.advanceAsync(ms, 10);
const aborted = async ({ signal }: LeaseHeartbeat) => {
  while (!signal.aborted) await pass(10);
};

describe('the heartbeat of a lease', () => {
  it('gives signs of life, and lets the work go on beyond the time of the lease', async () => {
    let beats = 0;
    const heartbeat = beating(async () => (beats += 1) > 0);
    await pass(3 * TTL_MS);
    expect(heartbeat.signal.aborted).toBe(false);
    expect(() => heartbeat.throwIfLost()).not.toThrow();
    expect(beats).toBeGreaterThanOrEqual(4);
  });

  it('notices, when it is asked, that the machine was suspended for longer than the lease lasts', async () => {
    const heartbeat = beating(async () => true);
    clock.shiftWallClock(-5 * TTL_MS);
    expect(() => heartbeat.throwIfLost()).not.toThrow();
    await pass(TTL_MS);
    clock.shiftWallClock(TTL_MS);
    expect(() => heartbeat.throwIfLost()).toThrow('the lease was lost');
  });

  it('gives no sign of life for what has ended while the machine was suspended: others may have had it since', async () => {
    let beats = 0;
    const heartbeat = beating(async () => (beats += 1) > 0);
    clock.shiftWallClock(TTL_MS);
    await pass(TTL_MS / 2);
    expect(beats).toBe(0);
    expect(heartbeat.signal.aborted).toBe(true);
  });

  it('ends the work as soon as somebody else holds the lease', async () => {
    const heartbeat = beating(async () => false);
    const since = clock.monotonic();
    await aborted(heartbeat);
    expect(clock.monotonic() - since).toBeLessThan(TTL_MS);
    expect(heartbeat.signal.reason).toMatchObject({ code: 'NO_VALID_TICKET', actor: 'application', retryable: true });
  });

  it.each([
    ['fail', () => Promise.reject(new Error('no store'))],
    ['are not answered', () => new Promise<boolean>(() => undefined)],
  ])('ends the work before anybody may take it for dead, when signs of life %s', async (_how, beat) => {
    const since = clock.monotonic();
    const heartbeat = new LeaseHeartbeat('1', TTL_MS, since, beat, async () => undefined, clock);
    await aborted(heartbeat);
    expect(clock.monotonic() - since).toBeGreaterThanOrEqual(TTL_MS * 0.75);
    expect(() => heartbeat.throwIfLost()).toThrow(/lost in the middle of a refresh/);
  });

  it('counts from when the lease was asked for, not from when the answer came', () => {
    const heartbeat = beating(async () => true, clock.monotonic() - TTL_MS);
    // Its timers have had no turn yet, as in a process that was stopped and wakes up.
    expect(() => heartbeat.throwIfLost()).toThrow(/lost/);
    expect(heartbeat.signal.aborted).toBe(true);
  });

  it('counts a sign of life from when it was sent', async () => {
    let late = true;
    const heartbeat = beating(async () => {
      if (!late) throw new Error('no store');
      late = false;
      await passed(TTL_MS * 0.5);
      return true;
    });
    const since = clock.monotonic();
    await aborted(heartbeat);
    // Sent after a quarter of the time; counted from its answer the end would come no sooner than after 1.55 of it.
    expect(clock.monotonic() - since).toBeLessThan(TTL_MS * 1.5);
  });

  it('sends one sign at a time', async () => {
    let [now, most] = [0, 0];
    beating(async () => {
      now += 1;
      most = Math.max(most, now);
      await passed(TTL_MS * 0.4);
      now -= 1;
      return true;
    });
    await pass(2 * TTL_MS);
    expect(most).toBe(1);
  });

  it('has no sign of life under way when it has stopped, and ends nothing afterwards', async () => {
    let underWay = false;
    const heartbeat = beating(async () => {
      underWay = true;
      await passed(20);
      underWay = false;
      return true;
    });
    while (!underWay) await pass(1);
    const stopping = heartbeat.release();
    await pass(20);
    await stopping;
    expect(underWay).toBe(false);
    await pass(TTL_MS);
    expect(heartbeat.signal.aborted).toBe(false);
  });
});

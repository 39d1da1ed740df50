import { ManualClock } from '../testing/manual-clock.js';
import { poll } from './poll.js';
import { Deadline } from './deadline.js';

let clock: ManualClock;
let startedAt: number;
let looks: number[];

beforeEach(() => {
  clock = new ManualClock();
  startedAt = clock.monotonic();
  looks = [];
});
afterEach(() => expect(clock.pendingTimers).toBe(0));

const passed = (): number => clock.monotonic() - startedAt;

/** Wait for what comes after `comesAfterMs`; every look takes no time. */
async function wait(waitMs: number, comesAfterMs: number, timeoutMs = 1_000_000) {
  const deadline = new Deadline(clock, timeoutMs, undefined);
  let endedAfterMs = Infinity;
  const look = (window: Deadline): Promise<string | undefined> => {
    expect(window.remainingMs).toBeGreaterThan(0);
    looks.push(Math.round(passed()));
    return Promise.resolve(passed() >= comesAfterMs ? 'it' : undefined);
  };
  const waiting = poll(look, { clock, waitMs, deadline }).finally(() => {
    endedAfterMs = passed();
    deadline.close();
  });
  await clock.advanceAsync(Math.min(waitMs, timeoutMs) + 1);
  return { found: await waiting, endedAfterMs };
}

describe('asking again', () => {
  it('looks with growing pauses until it has come, and no longer', async () => {
    const { found, endedAfterMs } = await wait(60_000, 2_000);
    expect(found).toBe('it');
    expect(looks).toEqual([500, 1_250, 2_375]);
    expect(endedAfterMs).toBe(2_375);
  });

  it('pauses four seconds at most', async () => {
    await wait(60_000, 25_000);
    const pauses = looks.slice(1).map((at, n) => at - (looks[n] ?? 0));
    expect(pauses).toEqual(pauses.toSorted((one, other) => one - other));
    expect(pauses.at(-1)).toBe(4_000);
  });

  it.each([
    [3_000, [500, 1_250, 2_375, 2_688]],
    [10_000, [500, 1_250, 2_375, 4_063, 6_594, 8_297]],
    [400, [200]],
    [0, []],
  ])('looks a last time half-way through what is left: %d ms', async (waitMs, expected) => {
    const { found, endedAfterMs } = await wait(waitMs, Infinity);
    expect(found).toBeUndefined();
    expect(looks).toEqual(expected);
    expect(endedAfterMs).toBeLessThanOrEqual(waitMs);
  });

  it('goes on for no longer than the whole call may', async () => {
    const { found, endedAfterMs } = await wait(60_000, Infinity, 2_000);
    expect(found).toBeUndefined();
    expect(endedAfterMs).toBeLessThan(2_000);
  });

  it('is over, without an error, when a busy process wakes up after the end of the whole call', async () => {
    const deadline = new Deadline(clock, 2_000, undefined);
    const look = jest.fn(() => Promise.resolve(undefined));
    const waiting = poll(look, { clock, waitMs: 60_000, deadline });
    clock.advance(5_000);
    await expect(waiting).resolves.toBeUndefined();
    expect(look).not.toHaveBeenCalled();
    deadline.close();
  });

  it('ends a look that hangs when the waiting is over', async () => {
    const deadline = new Deadline(clock, 60_000, undefined);
    const hang = ({ signal }: Deadline) => {
      return new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
    };
    const waiting = poll(hang, { clock, waitMs: 3_000, deadline });
    await clock.advanceAsync(3_000);
    await expect(waiting).resolves.toBeUndefined();
    expect(deadline.signal.aborted).toBe(false);
    deadline.close();
  });

  it('throws what a look throws', async () => {
    const deadline = new Deadline(clock, 60_000, undefined);
    const reason = new Error('final');
    const waiting = poll(() => Promise.reject(reason), { clock, waitMs: 3_000, deadline });
    waiting.catch(() => undefined);
    await clock.advanceAsync(1_000);
    await expect(waiting).rejects.toBe(reason);
    deadline.close();
  });

  it("throws the caller's reason, in a pause as well as in a look", async () => {
    for (const look of [() => Promise.resolve(undefined), () => new Promise<undefined>(() => undefined)]) {
      const stop = new AbortController();
      const deadline = new Deadline(clock, 60_000, stop.signal);
      const abortable = ({ signal }: Deadline) => {
        const stopped = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
        return Promise.race([look(), stopped]);
      };
      const waiting = poll(abortable, { clock, waitMs: 30_000, deadline });
      waiting.catch(() => undefined);
      await clock.advanceAsync(600);
      const reason = new Error('the caller has left');
      stop.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      deadline.close();
    }
  });
});

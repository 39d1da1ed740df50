import { ManualClock } from '../testing/manual-clock.js';
import { ThrottledReload } from './throttled-reload.js';

let clock: ManualClock;
/** When looks began, and how to end the last one. */
let looks: number[];
let endLook: () => void;
let reload: ThrottledReload;

beforeEach(() => {
  clock = new ManualClock();
  looks = [];
  endLook = () => undefined;
  reload = new ThrottledReload(() => {
    looks.push(clock.now());
    return new Promise((resolve) => (endLook = resolve));
  }, clock);
});
afterEach(() => expect(clock.pendingTimers).toBe(0));

const look = () => reload.run(new AbortController().signal);

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a look into the store', () => {
  it('begins at once when there was none for a second', async () => {
    for (let round = 0; round < 3; round += 1) {
      const looking = look();
      endLook();
      await looking;
      clock.advance(1_000);
    }
    expect(looks).toHaveLength(3);
  });

  it('is waited for when it comes too soon, and one is enough for all who wait', async () => {
    const first = look();
    endLook();
    await first;
    let done = 0;
    const all = Array.from({ length: 1_000 }, () => look().then(() => (done += 1)));
    clock.advance(999);
    await settled();
    expect([looks.length, done]).toEqual([1, 0]);
    clock.advance(1);
    await settled();
    endLook();
    await Promise.all(all);
    expect([looks.length, done]).toEqual([2, 1_000]);
  });

  it('that has begun already is too early for a newcomer, who waits for the next', async () => {
    const first = look();
    const second = look();
    endLook();
    await first;
    clock.advance(1_000);
    await settled();
    endLook();
    await second;
    expect(looks).toHaveLength(2);
  });

  it('is not waited for by who has stopped, and goes on for the others', async () => {
    const first = look();
    endLook();
    await first;
    const controller = new AbortController();
    const stopped = reload.run(controller.signal);
    const waiting = look();
    const reason = new Error('stop');
    controller.abort(reason);
    await expect(stopped).rejects.toBe(reason);
    clock.advance(1_000);
    await settled();
    endLook();
    await waiting;
    expect(looks).toHaveLength(2);
  });
});

import { SingleFlight } from './single-flight.js';

describe('a single flight', () => {
  let started = 0;
  let end: (outcome: number) => void;
  let fail: (error: Error) => void;
  let flight: SingleFlight<number>;

  beforeEach(() => {
    started = 0;
    flight = new SingleFlight(() => {
      started += 1;
      return new Promise((resolve, reject) => ([end, fail] = [resolve, reject]));
    });
  });

  it('runs once for all who come while it runs, and they share its outcome', async () => {
    const all = [flight.run(), flight.run(), flight.run()];
    end(7);
    await expect(Promise.all(all)).resolves.toEqual([7, 7, 7]);
    expect(started).toBe(1);
  });

  it('shares a failure too', async () => {
    const all = [flight.run(), flight.run()];
    fail(new Error('no'));
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(started).toBe(1);
  });

  it.each(['success', 'failure'])('starts anew for whoever comes after a %s', async (outcome) => {
    const first = flight.run();
    if (outcome === 'success') end(1);
    else fail(new Error('no'));
    await first.catch(() => undefined);
    const second = flight.run();
    end(2);
    await expect(second).resolves.toBe(2);
    expect(started).toBe(2);
  });

  it('tells what runs at this moment, and nothing before and after', async () => {
    expect(flight.running).toBeUndefined();
    const run = flight.run();
    expect(flight.running).toBe(run);
    end(1);
    await run;
    expect(flight.running).toBeUndefined();
  });
});

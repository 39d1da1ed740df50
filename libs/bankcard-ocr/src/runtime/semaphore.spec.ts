import { Semaphore } from './semaphore.js';

const never = new AbortController().signal;

/** All callers, in the order in which they got in; `leave` releases the place of each. */
class Crowd {
  readonly inside: string[] = [];
  readonly turnedAway: [string, unknown][] = [];
  readonly leave = new Map<string, () => void>();

  constructor(private readonly gate: Semaphore) {}

  async come(name: string, { urgent = false, signal = never } = {}): Promise<void> {
    try {
      await this.gate.acquire(signal, urgent);
      this.leave.set(name, () => this.gate.release());
      this.inside.push(name);
    } catch (error) {
      this.turnedAway.push([name, error]);
    }
  }

  async goes(...names: string[]): Promise<void> {
    for (const name of names) this.leave.get(name)?.();
    await settled();
  }
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function crowd(limit: number, ...names: string[]): Promise<Crowd> {
  const crowd = new Crowd(new Semaphore(limit));
  for (const name of names) void crowd.come(name);
  await settled();
  return crowd;
}

describe('the connection gate', () => {
  it('lets as many in as it may, and the others in order as places become free', async () => {
    const visitors = await crowd(2, 'a', 'b', 'c', 'd', 'e');
    expect(visitors.inside).toEqual(['a', 'b']);
    await visitors.goes('b');
    expect(visitors.inside).toEqual(['a', 'b', 'c']);
    await visitors.goes('a', 'c');
    expect(visitors.inside).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('lets urgent ones go first, in their own order', async () => {
    const visitors = await crowd(1, 'a', 'b');
    void visitors.come('u1', { urgent: true });
    void visitors.come('c');
    void visitors.come('u2', { urgent: true });
    for (const name of ['a', 'u1', 'u2', 'b', 'c']) {
      await settled();
      expect(visitors.inside.at(-1)).toBe(name);
      await visitors.goes(name);
    }
  });

  it('has all places back in the end', async () => {
    const visitors = await crowd(2, 'a', 'b', 'c', 'd');
    await visitors.goes('a', 'b', 'c', 'd');
    await visitors.goes('c', 'd');
    expect(visitors.inside).toEqual(['a', 'b', 'c', 'd']);
  });

  it('rejects a caller that is cancelled already, with the reason, and takes no place for it', async () => {
    const visitors = await crowd(1);
    const reason = new Error('gave up before');
    await visitors.come('x', { signal: AbortSignal.abort(reason) });
    expect(visitors.turnedAway).toEqual([['x', reason]]);
    await visitors.come('a');
    expect(visitors.inside).toEqual(['a']);
  });

  it('frees nothing for a caller that is cancelled while it waits', async () => {
    const visitors = await crowd(1, 'a');
    const controller = new AbortController();
    void visitors.come('x', { signal: controller.signal });
    void visitors.come('y', { signal: controller.signal, urgent: true });
    void visitors.come('b');
    void visitors.come('c');
    controller.abort('a reason that is a text');
    await settled();
    expect(new Map(visitors.turnedAway)).toEqual(
      new Map([
        ['x', 'a reason that is a text'],
        ['y', 'a reason that is a text'],
      ]),
    );
    expect(visitors.inside).toEqual(['a']);
    await visitors.goes('a');
    expect(visitors.inside).toEqual(['a', 'b']);
    await visitors.goes('b');
    expect(visitors.inside).toEqual(['a', 'b', 'c']);
  });

  it('keeps the place of a caller that is cancelled inside, until it is released once', async () => {
    const visitors = await crowd(1);
    const controller = new AbortController();
    await visitors.come('a', { signal: controller.signal });
    controller.abort();
    void visitors.come('b');
    void visitors.come('c');
    await settled();
    expect(visitors.inside).toEqual(['a']);
    await visitors.goes('a');
    expect(visitors.inside).toEqual(['a', 'b']);
  });

  it('does not listen to the signal any longer than it waits', async () => {
    const controller = new AbortController();
    const listeners = jest.spyOn(controller.signal, 'addEventListener');
    const removed = jest.spyOn(controller.signal, 'removeEventListener');
    const visitors = await crowd(1, 'a');
    void visitors.come('b', { signal: controller.signal });
    await visitors.goes('a');
    expect(visitors.inside).toEqual(['a', 'b']);
    expect(removed).toHaveBeenCalledTimes(listeners.mock.calls.length);
  });

  it('is fair to 2 000 callers that come and are cancelled at random', async () => {
    const limit = 5;
    const gate = new Semaphore(limit);
    let inside = 0;
    let most = 0;
    const visits = Array.from({ length: 2_000 }, async (_, index) => {
      const controller = new AbortController();
      if (index % 3 === 0) setImmediate(() => controller.abort());
      try {
        await gate.acquire(controller.signal, index % 7 === 0);
        inside += 1;
        most = Math.max(most, inside);
        await settled();
        inside -= 1;
        gate.release();
        return 'in';
      } catch {
        return 'away';
      }
    });
    const outcomes = await Promise.all(visits);
    expect(most).toBe(limit);
    expect(inside).toBe(0);
    expect(outcomes.filter((outcome) => outcome === 'in').length).toBeGreaterThan(1_300);
    for (let place = 0; place < limit; place += 1) expect(gate.acquire(never, false)).toBeUndefined();
  });
});

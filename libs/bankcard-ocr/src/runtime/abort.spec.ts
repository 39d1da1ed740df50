import { setImmediate } from 'node:timers/promises';
import { runInThisContext } from 'node:vm';
import { ManualClock } from '../testing/manual-clock.js';
import { raceAbort, raceTimeout, sleep } from './abort.js';

const REASON = new Error('the caller has stopped');
const never = () => new Promise<never>(() => undefined);

describe('waiting for something that others wait for too', () => {
  it('brings its value, without a signal too', async () => {
    await expect(raceAbort(Promise.resolve(1), undefined)).resolves.toBe(1);
    await expect(raceAbort(Promise.resolve(1), new AbortController().signal)).resolves.toBe(1);
  });

  it('brings its error', async () => {
    const error = new Error('no');
    await expect(raceAbort(Promise.reject(error), new AbortController().signal)).rejects.toBe(error);
  });

  it('ends with the reason of the caller, before or during the wait', async () => {
    await expect(raceAbort(never(), AbortSignal.abort(REASON))).rejects.toBe(REASON);
    const controller = new AbortController();
    const waiting = raceAbort(never(), controller.signal);
    controller.abort(REASON);
    await expect(waiting).rejects.toBe(REASON);
  });

  it('leaves no listener, and hears the error of what it has stopped waiting for', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    await raceAbort(Promise.resolve(1), signal);
    await setImmediate();
    expect(listeners).toBe(0);
    const unheard: unknown[] = [];
    const listen = (error: unknown) => void unheard.push(error);
    process.on('unhandledRejection', listen);
    let fail: (error: Error) => void = () => undefined;
    const shared = new Promise<never>((_resolve, reject) => (fail = reject));
    await expect(raceAbort(shared, AbortSignal.abort(REASON))).rejects.toBe(REASON);
    fail(new Error('too late'));
    await setImmediate();
    process.off('unhandledRejection', listen);
    expect(unheard).toEqual([]);
  });
});

describe('a signal that many wait for', () => {
  it('makes Node.js warn of no leak: each removes its listener', async () => {
    const warnings: string[] = [];
    const listen = ({ name }: Error) => void warnings.push(name);
    // Jest's own process has no warnings.
    const node = runInThisContext('process') as NodeJS.Process;
    node.on('warning', listen);
    const { signal } = new AbortController();
    for (let count = 0; count < 100; count += 1) void raceAbort(never(), signal);
    await setImmediate();
    node.off('warning', listen);
    expect(warnings).toEqual([]);
  });
});

describe('a time limit', () => {
  const late = () => new Error('late');
  const clock = new ManualClock();
  afterEach(() => expect(clock.pendingTimers).toBe(0));

  it('lets what is in time through, values and errors', async () => {
    await expect(raceTimeout(clock, 10, () => Promise.resolve(1), late)).resolves.toBe(1);
    await expect(raceTimeout(clock, 10, () => Promise.reject(new Error('no')), late)).rejects.toThrow('no');
    const throws = () => {
      throw new Error('at once');
    };
    await expect(raceTimeout(clock, 10, throws, late)).rejects.toThrow('at once');
  });

  it('ends the wait with its own error', async () => {
    const waiting = raceTimeout(clock, 10, never, late);
    clock.advance(9);
    clock.advance(1);
    await expect(waiting).rejects.toThrow('late');
  });
});

describe('a pause', () => {
  const clock = new ManualClock();
  afterEach(() => expect(clock.pendingTimers).toBe(0));

  it('ends when its time is over, and with the reason of the signal before', async () => {
    const pause = sleep(clock, 10);
    clock.advance(10);
    await pause;
    const controller = new AbortController();
    const cut = sleep(clock, 10, controller.signal);
    controller.abort(REASON);
    await expect(cut).rejects.toBe(REASON);
    await expect(sleep(clock, 10, controller.signal)).rejects.toBe(REASON);
  });
});

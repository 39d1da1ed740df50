import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { ManualClock } from '../testing/manual-clock.js';
import { Deadline } from './deadline.js';

let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock();
});
afterEach(() => expect(clock.pendingTimers).toBe(0));

describe('a deadline', () => {
  it('ends with a TIMEOUT when its time is over, and not a millisecond before', () => {
    const deadline = new Deadline(clock, 100, undefined);
    clock.advance(99);
    expect(deadline.signal.aborted).toBe(false);
    expect(deadline.remainingMs).toBe(1);
    clock.advance(1);
    expect(deadline.remainingMs).toBe(0);
    const reason: unknown = deadline.signal.reason;
    expect(reason).toBeInstanceOf(BankCardOcrError);
    expect(reason).toMatchObject({ code: 'TIMEOUT', message: 'no result within 100 ms (timeoutMs)' });
    expect(() => deadline.throwIfCallerAborted()).not.toThrow();
  });

  it.each([new Error('stop'), 'a text', 0, false, null, { any: 'thing' }])(
    "ends with exactly the caller's reason: %p",
    (reason) => {
      const controller = new AbortController();
      const deadline = new Deadline(clock, 100, controller.signal);
      controller.abort(reason);
      expect(deadline.signal.reason).toBe(reason);
      let thrown: unknown = 'nothing was thrown';
      try {
        deadline.throwIfCallerAborted();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBe(reason);
      deadline.close();
    },
  );

  it('leaves the time to a listener that has a timer of its own', () => {
    const deadline = new Deadline(clock, 100, undefined);
    const reasons: unknown[] = [];
    deadline.onCancel((reason) => reasons.push(reason), true);
    expect(clock.pendingTimers).toBe(0);
    deadline.expire();
    deadline.expire();
    expect(reasons).toEqual([expect.objectContaining({ code: 'TIMEOUT' })]);
    expect(() => deadline.throwIfAborted()).toThrow('no result within 100 ms (timeoutMs)');
  });

  it('is over in time although nobody has listened', () => {
    const deadline = new Deadline(clock, 100, undefined);
    clock.advance(99);
    expect(() => deadline.throwIfAborted()).not.toThrow();
    clock.advance(1);
    expect(() => deadline.throwIfAborted()).toThrow('no result within 100 ms (timeoutMs)');
    deadline.close();
  });

  it('does not even begin for a caller who has stopped', () => {
    const reason = new Error('before');
    expect(() => new Deadline(clock, 100, AbortSignal.abort(reason))).toThrow(reason);
  });

  it('leaves neither a timer nor a listener behind', () => {
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');
    const deadline = new Deadline(clock, 100, signal);
    deadline.close();
    deadline.close();
    clock.advance(1_000);
    expect(deadline.signal.aborted).toBe(false);
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed.mock.calls[0]?.slice(0, 2)).toEqual(added.mock.calls[0]?.slice(0, 2));
  });
});

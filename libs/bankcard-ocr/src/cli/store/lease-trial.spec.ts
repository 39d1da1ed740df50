import type { Clock } from '../../runtime/clock.js';
import { MemoryTicketStore } from '../../credentials/store/memory-ticket.store.js';
import { leaseFinding } from './store-probe.js';

/** A clock on which every pause is over at once. */
function hurryingClock(): Clock {
  let nowMs = 0;
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    setTimer: (callback, delayMs) => {
      nowMs += delayMs;
      setImmediate(callback);
      return { cancel: () => undefined };
    },
  };
}

describe('trying the lease', () => {
  it('gives it back at once', async () => {
    const store = new MemoryTicketStore();
    const finding = await leaseFinding(() => store.acquireLease(), { clock: hurryingClock() }, { kind: 'own' });
    expect(finding).toMatchObject({ status: 'ok', facts: { kind: 'own', leased: true } });
    await expect(store.acquireLease()).resolves.toBeDefined();
  });

  it('waits for a holder that may be dead, and says so when it lives', async () => {
    const clock = hurryingClock();
    const lives: number[] = [];
    const finding = await leaseFinding(async (ttlMs) => void lives.push(ttlMs), { clock }, {});
    expect(finding).toMatchObject({ status: 'warn', facts: { leased: false } });
    expect(new Set(lives)).toEqual(new Set([3_500]));
    expect(clock.monotonic()).toBeGreaterThan(5_000);
  });
});

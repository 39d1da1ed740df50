import type { Clock } from '../../runtime/clock.js';
import { MemoryTicketStore } from './memory-ticket.store.js';
import { tryLease } from './store-inspection.js';
import { aRecord } from './ticket-store.contract.test-support.js';
import { type TicketLease, TicketStore } from './ticket-store.js';
import { RecordOfAnotherVersion } from '../ticket-record.codec.js';
import type { TicketRecord } from '../ticket-record.js';

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
    const finding = await tryLease(() => store.acquireLease(), hurryingClock(), { kind: 'own' });
    expect(finding).toMatchObject({ status: 'ok', facts: { kind: 'own', leased: true } });
    await expect(store.acquireLease()).resolves.toBeDefined();
  });

  it('waits for a holder that may be dead, and says so when it lives', async () => {
    const clock = hurryingClock();
    const lives: number[] = [];
    const finding = await tryLease(async (ttlMs) => void lives.push(ttlMs), clock, {});
    expect(finding).toMatchObject({ status: 'warn', facts: { leased: false } });
    expect(new Set(lives)).toEqual(new Set([3_500]));
    expect(clock.monotonic()).toBeGreaterThan(5_000);
  });
});

class StoreOfAnApplication extends TicketStore {
  readonly description = 'own';
  readonly scope = 'fleet';

  constructor(private readonly whenRead: () => Promise<TicketRecord | undefined>) {
    super();
  }

  async read(): Promise<TicketRecord | undefined> {
    return this.whenRead();
  }

  async compareAndSet(): Promise<boolean> {
    return false;
  }

  async acquireLease(): Promise<TicketLease | undefined> {
    return undefined;
  }

  watch(): () => void {
    return () => undefined;
  }

  async close(): Promise<void> {}
}

describe('the inspection of a store that does not define its own', () => {
  const canary = Object.assign(new Error('canary'), { code: 'ECONNREFUSED' });

  it.each<[string, () => Promise<TicketRecord | undefined>, object]>([
    ['nothing', async () => undefined, { kind: 'nothing' }],
    ['a record', async () => aRecord(1), { kind: 'record', record: aRecord(1) }],
    ['a newer version', () => Promise.reject(new RecordOfAnotherVersion()), { kind: 'another-version' }],
    ['an error with a code', () => Promise.reject(canary), { kind: 'unreadable', code: 'ECONNREFUSED' }],
    ['an error without one', () => Promise.reject(new TypeError('canary')), { kind: 'unreadable', code: 'TypeError' }],
  ])('only reads: %s', async (_what, read, content) => {
    await expect(new StoreOfAnApplication(read).inspect()).resolves.toEqual({ content, findings: [] });
  });
});

it('the memory store says that no other process sees it', async () => {
  await expect(new MemoryTicketStore().inspect()).resolves.toMatchObject({
    content: { kind: 'nothing' },
    findings: [{ status: 'skipped', found: { en: expect.stringContaining('seen by its own process only') } }],
  });
});

import { AssertionError } from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { TicketRecord } from '../ticket-record.js';
import { MemoryTicketStore } from './memory-ticket.store.js';
import { REAL_TIME_CASE, ticketStoreContract } from './ticket-store.contract.js';
import type { StoreInspection } from './store-inspection.js';
import type { TicketLease, TicketStore } from './ticket-store.js';

/** The names of the cases that a store fails, when all stores of a case are the same one. */
async function failedCases(openEmpty: () => TicketStore): Promise<string[]> {
  const failed: string[] = [];
  const cases = ticketStoreContract(async () => {
    const shared = openEmpty();
    return async () => shared;
  });
  for (const { name, run } of cases.filter((one) => one.name !== REAL_TIME_CASE)) {
    await run().catch((error: unknown) => {
      expect(error).toBeInstanceOf(AssertionError);
      failed.push(name);
    });
  }
  return failed;
}

class WritesAlways extends MemoryTicketStore {
  override async compareAndSet(_expected: TicketRecord | undefined, next: TicketRecord): Promise<boolean> {
    return super.compareAndSet(await this.read(), next);
  }
}

class IsNotAtomic extends MemoryTicketStore {
  override async compareAndSet(expected: TicketRecord | undefined, next: TicketRecord): Promise<boolean> {
    if ((await this.read())?.writeId !== expected?.writeId) return false;
    await setImmediate();
    return super.compareAndSet(await this.read(), next);
  }
}

class IgnoresLeases extends MemoryTicketStore {
  override async compareAndSet(expected: TicketRecord | undefined, next: TicketRecord): Promise<boolean> {
    return super.compareAndSet(expected, next);
  }
}

class LeasesToAll extends MemoryTicketStore {
  #leases = 0;

  override async acquireLease(): Promise<TicketLease> {
    const lease = (await new MemoryTicketStore().acquireLease())!;
    return { ...lease, id: String((this.#leases += 1)) };
  }
}

class Forgets extends MemoryTicketStore {
  override async read(): Promise<undefined> {
    return undefined;
  }
}

class WatchesForEver extends MemoryTicketStore {
  override watch(listener: () => void): () => void {
    super.watch(listener);
    return () => undefined;
  }
}

class KeepsTheLeaseOfItsInspection extends MemoryTicketStore {
  override async inspect(): Promise<StoreInspection> {
    await this.acquireLease();
    return super.inspect();
  }
}

class MakesTimestampsLater extends MemoryTicketStore {
  override async read(): Promise<TicketRecord | undefined> {
    const record = await super.read();
    return record?.forcedAtMs === undefined ? record : { ...record, forcedAtMs: record.forcedAtMs + 1 };
  }
}

describe('the contract of a ticket store', () => {
  it('accepts a store that keeps it', async () => {
    await expect(failedCases(() => new MemoryTicketStore())).resolves.toEqual([]);
  });

  it.each<[what: string, store: new () => TicketStore, failed: string]>([
    ['replaces whatever is stored', WritesAlways, 'refuses a record that was made from an outdated one'],
    ['lets several writes win', IsNotAtomic, 'lets exactly one of several concurrent writes win'],
    ['writes without a lease', IgnoresLeases, 'refuses a write under a lease that another process has now'],
    ['grants its lease to all', LeasesToAll, 'grants the lease to one at a time'],
    ['forgets', Forgets, 'returns what was written'],
    ['makes timestamps later', MakesTimestampsLater, 'returns what was written'],
    ['never stops watching', WatchesForEver, 'reports a write to a watcher until that stops'],
    [
      'keeps a lease that it has inspected',
      KeepsTheLeaseOfItsInspection,
      'says what is stored when it is inspected, and changes nothing',
    ],
  ])('refuses a store that %s', async (_what, Store, failed) => {
    await expect(failedCases(() => new Store())).resolves.toContain(failed);
  });

  it('closes every store that it has opened, also of a case that fails', async () => {
    let closed = 0;
    class CountsCloses extends Forgets {
      override async close(): Promise<void> {
        closed += 1;
      }
    }
    const [, second] = ticketStoreContract(async () => async () => new CountsCloses());
    await expect(second!.run()).rejects.toThrow(AssertionError);
    expect(closed).toBe(2);
  });
});

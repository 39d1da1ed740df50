import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { TicketRecord } from '../ticket-record.js';
import type { TicketStore } from './ticket-store.js';

/** A record to store. @internal */
export function aRecord(revision: number, change: Partial<TicketRecord> = {}): TicketRecord {
  return {
    format: 1,
    revision,
    writeId: `write-${revision}`,
    secretFingerprint: 'fingerprint',
    current: {
      number: revision,
      id: `id-${revision}`,
      accessToken: 'token',
      tokenRequestedAtMs: 10_000,
      tokenLifeMs: 7_200_000,
      signTicket: 'ticket',
      ticketRequestedAtMs: 10_100,
      ticketLifeMs: 3_600_000,
    },
    ...change,
  };
}

const HINT_LIMIT_MS = 10_000;
const LEASE_TTL_MS = 60_000;
const SHORT_LEASE_TTL_MS = 10_000;

/**
 * Cases for any test runner, which every {@link TicketStore} must pass; the last one takes 15 s of real time.
 * @example
 * for (const { name, run } of ticketStoreContract(openEmpty)) it(name, run, 30_000);
 * @param openEmpty prepares an empty place for a case; what it returns opens stores that share what is stored
 * @returns `run` rejects with an `AssertionError` when the store breaks the contract
 */
export function ticketStoreContract(
  openEmpty: () => Promise<() => Promise<TicketStore>>,
): { readonly name: string; run(): Promise<void> }[] {
  return Object.entries(CASES).map(([name, check]) => ({
    name,
    run: async () => {
      const openStore = await openEmpty();
      const opened: TicketStore[] = [];
      const open = async () => {
        const store = await openStore();
        opened.push(store);
        return store;
      };
      await check(open).finally(() => Promise.all(opened.map((store) => store.close())));
    },
  }));
}

/** Name of the case that waits in real time. @internal */
export const REAL_TIME_CASE = 'keeps the lease of a live holder beyond its TTL';

const CASES: Readonly<Record<string, (open: () => Promise<TicketStore>) => Promise<void>>> = {
  'has nothing at first': async (open) => {
    assert.equal(await (await open()).read(), undefined);
  },

  'returns what was written': async (open) => {
    const store = await open();
    const record = aRecord(1, { pending: undefined, forcedAtMs: 5_000 });
    assert.equal(await store.compareAndSet(undefined, record), true);
    const read = await (await open()).read();
    assert.ok(read);
    const undated = ({ current, revision, writeId, secretFingerprint }: TicketRecord) => {
      return [{ ...current, tokenRequestedAtMs: 0, ticketRequestedAtMs: 0 }, revision, writeId, secretFingerprint];
    };
    assert.deepEqual(undated(read), undated(record));
    const dates = ({ current, forcedAtMs }: TicketRecord) => {
      return [current?.tokenRequestedAtMs, current?.ticketRequestedAtMs, forcedAtMs].map(Number);
    };
    for (const [index, timestamp] of dates(read).entries()) {
      // A store that translates timestamps may make them earlier, never later.
      const laterMs = timestamp - dates(record)[index]!;
      assert.ok(laterMs <= 0 && laterMs > -1_000, `a timestamp became ${laterMs} ms later`);
    }
  },

  'refuses a first record when there is one, and leaves that alone': async (open) => {
    const store = await open();
    await store.compareAndSet(undefined, aRecord(1));
    assert.equal(await store.compareAndSet(undefined, aRecord(1, { secretFingerprint: 'other' })), false);
    assert.equal((await store.read())?.secretFingerprint, 'fingerprint');
  },

  'refuses a record that was made from an outdated one': async (open) => {
    const store = await open();
    await store.compareAndSet(undefined, aRecord(1));
    assert.equal(await store.compareAndSet(aRecord(1), aRecord(2)), true);
    assert.equal(await store.compareAndSet(aRecord(1), aRecord(2, { secretFingerprint: 'late' })), false);
    const read = await store.read();
    assert.deepEqual([read?.revision, read?.secretFingerprint], [2, 'fingerprint']);
  },

  'lets exactly one of several concurrent writes win': async (open) => {
    const stores = await Promise.all([open(), open(), open(), open()]);
    for (let round = 1; round <= 10; round += 1) {
      const expected = await stores[0].read();
      const next = aRecord((expected?.revision ?? 0) + 1);
      const outcomes = await Promise.all(
        stores.map((store, index) => store.compareAndSet(expected, { ...next, writeId: `${round}-${index}` })),
      );
      assert.equal(outcomes.filter(Boolean).length, 1);
      assert.equal((await stores[0].read())?.writeId, `${round}-${outcomes.indexOf(true)}`);
    }
  },

  'refuses a write under a lease that another process has now': async (open) => {
    const [slow, quick] = [await open(), await open()];
    const lost = await slow.acquireLease(LEASE_TTL_MS);
    assert.ok(lost);
    assert.equal(await slow.compareAndSet(undefined, aRecord(1), lost), true);
    // Released without its holder knowing, as that of a process that was stopped for longer than the TTL.
    await lost.release();
    const lease = await quick.acquireLease(LEASE_TTL_MS);
    assert.ok(lease);
    assert.equal(await slow.compareAndSet(aRecord(1), aRecord(2), lost), false);
    assert.equal(await quick.compareAndSet(aRecord(1), aRecord(2), lease), true);
    await lease.release();
  },

  'grants the lease to one at a time': async (open) => {
    const stores = await Promise.all([open(), open(), open()]);
    const leases = await Promise.all(stores.map((store) => store.acquireLease(LEASE_TTL_MS)));
    const granted = leases.filter((lease) => lease !== undefined);
    assert.equal(granted.length, 1);
    assert.equal(await stores[1].acquireLease(LEASE_TTL_MS), undefined);
    await granted[0]!.release();
    const next = await stores[2].acquireLease(LEASE_TTL_MS);
    assert.ok(next);
    assert.notEqual(next.id, granted[0]!.id);
    assert.equal(next.signal.aborted, false);
    await next.release();
  },

  'reports a write to a watcher until that stops': async (open) => {
    const [writer, watcher] = [await open(), await open()];
    await writer.compareAndSet(undefined, aRecord(1));
    const hints: true[] = [];
    const stop = watcher.watch(() => hints.push(true));
    await writer.compareAndSet(aRecord(1), aRecord(2));
    for (let waitedMs = 0; waitedMs < HINT_LIMIT_MS && hints.length === 0; waitedMs += 5) await pause(5);
    assert.ok(hints.length > 0, `no hint about a write within ${HINT_LIMIT_MS} ms`);
    stop();
    await pause(20);
    const before = hints.length;
    await writer.compareAndSet(aRecord(2), aRecord(3));
    await pause(50);
    assert.equal(hints.length, before);
  },

  'says what is stored when it is inspected, and changes nothing': async (open) => {
    const [store, inspected] = [await open(), await open()];
    for (const access of ['read', 'write'] as const) {
      assert.equal((await inspected.inspect(access)).content.kind, 'nothing');
    }
    await store.compareAndSet(undefined, aRecord(1));
    const before = await store.read();
    for (const access of ['read', 'write'] as const) {
      const { content, findings } = await inspected.inspect(access);
      assert.ok(content.kind === 'record', `the content is ${content.kind}`);
      assert.equal(content.record.writeId, 'write-1');
      assert.ok(findings.every(({ status }) => status !== 'fail'));
    }
    assert.equal((await store.read())?.writeId, before?.writeId);
    // A lease that the inspection has taken is free again.
    const lease = await store.acquireLease(LEASE_TTL_MS);
    assert.ok(lease);
    await lease.release();
  },

  [REAL_TIME_CASE]: async (open) => {
    const [holder, other] = [await open(), await open()];
    const endsAt = performance.now() + SHORT_LEASE_TTL_MS * 1.5;
    const lease = await holder.acquireLease(SHORT_LEASE_TTL_MS);
    assert.ok(lease);
    while (performance.now() < endsAt) {
      await pause(100);
      assert.equal(await other.acquireLease(SHORT_LEASE_TTL_MS), undefined);
    }
    assert.equal(lease.signal.aborted, false);
    await lease.release();
  },
};

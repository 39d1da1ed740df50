import type { TicketRecord } from '../ticket-record.js';
import type { TicketStore } from './ticket-store.js';

/** A record to store; `revision` as the contract wants it. */
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

/**
 * What every kind of {@link TicketStore} keeps.
 *
 * @param open gives a store; all stores of one call of `openShared` share what they hold, when the kind can be shared
 */
export function ticketStoreContract(kind: string, openShared: () => Promise<() => Promise<TicketStore>>): void {
  describe(`the contract of a ticket store: ${kind}`, () => {
    let open: () => Promise<TicketStore>;
    const opened: TicketStore[] = [];

    beforeEach(async () => {
      const openOne = await openShared();
      open = async () => {
        const store = await openOne();
        opened.push(store);
        return store;
      };
    });

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((store) => store.close()));
    });

    it('holds nothing at first', async () => {
      await expect((await open()).read()).resolves.toBeUndefined();
    });

    it('gives back what was written', async () => {
      const store = await open();
      const record = aRecord(1, { pending: undefined, forcedAtMs: 5_000 });
      await expect(store.compareAndSet(undefined, record)).resolves.toBe(true);
      const { current, ...read } = (await store.read())!;
      const { tokenRequestedAtMs, ticketRequestedAtMs, ...given } = record.current!;
      expect(read).toMatchObject({ revision: 1, writeId: 'write-1' });
      expect(current).toMatchObject(given);
      // A store that translates moments may take them for earlier than they were, never for later.
      for (const [moment, was] of [
        [current!.tokenRequestedAtMs, tokenRequestedAtMs],
        [current!.ticketRequestedAtMs, ticketRequestedAtMs],
        [read.forcedAtMs!, 5_000],
      ] as const) {
        expect(moment).toBeLessThanOrEqual(was);
        expect(moment).toBeGreaterThan(was - 1_000);
      }
    });

    it('refuses a first record when there is one, and leaves that alone', async () => {
      const store = await open();
      await store.compareAndSet(undefined, aRecord(1));
      await expect(store.compareAndSet(undefined, aRecord(1, { secretFingerprint: 'other' }))).resolves.toBe(false);
      await expect(store.read()).resolves.toMatchObject({ secretFingerprint: 'fingerprint' });
    });

    it('refuses a record that was made from an outdated one', async () => {
      const store = await open();
      await store.compareAndSet(undefined, aRecord(1));
      await store.compareAndSet(aRecord(1), aRecord(2));
      await expect(store.compareAndSet(aRecord(1), aRecord(2, { secretFingerprint: 'late' }))).resolves.toBe(false);
      await expect(store.read()).resolves.toMatchObject({ revision: 2, secretFingerprint: 'fingerprint' });
    });

    it('lets exactly one of many concurrent swaps win, every time', async () => {
      const stores = await Promise.all([open(), open(), open(), open()]);
      let wins = 0;
      for (let round = 0; round < 10; round += 1) {
        const expected = await stores[0]!.read();
        const next = aRecord((expected?.revision ?? 0) + 1);
        const outcomes = await Promise.all(stores.map((store) => store.compareAndSet(expected, next)));
        wins += outcomes.filter(Boolean).length;
      }
      expect(wins).toBe(10);
      await expect(stores[0]!.read()).resolves.toMatchObject({ revision: 10 });
    });

    it('lets nobody write under a lease that somebody else has now', async () => {
      const [slow, quick] = [await open(), await open()];
      const lost = (await slow.acquireLease(60_000))!;
      await expect(slow.compareAndSet(undefined, aRecord(1), lost)).resolves.toBe(true);
      // Released, but its holder does not know that, as one that was stopped for longer than a lease lasts.
      await lost.release();
      const held = (await quick.acquireLease(60_000))!;
      await expect(slow.compareAndSet(aRecord(1), aRecord(2), lost)).resolves.toBe(false);
      await expect(quick.compareAndSet(aRecord(1), aRecord(2), held)).resolves.toBe(true);
      await held.release();
    });

    it('gives the lease to one at a time', async () => {
      const stores = await Promise.all([open(), open(), open()]);
      const leases = await Promise.all(stores.map((store) => store.acquireLease(60_000)));
      const held = leases.filter((lease) => lease !== undefined);
      expect(held).toHaveLength(1);
      await expect(stores[1]!.acquireLease(60_000)).resolves.toBeUndefined();
      await held[0]!.release();
      const next = await stores[2]!.acquireLease(60_000);
      expect(next).toBeDefined();
      expect(next!.signal.aborted).toBe(false);
      await next!.release();
    });

    it('tells a watcher of a write, and stops when told', async () => {
      const [writer, watcher] = [await open(), await open()];
      await writer.compareAndSet(undefined, aRecord(1));
      let told = 0;
      const stop = watcher.watch(() => (told += 1));
      await writer.compareAndSet(aRecord(1), aRecord(2));
      while (told === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      stop();
      await new Promise((resolve) => setTimeout(resolve, 20));
      const before = told;
      await writer.compareAndSet(aRecord(2), aRecord(3));
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(told).toBe(before);
    });
  });
}

/** What holds in real time only: by that leases are kept, whatever the clock of the application. */
export function leaseContract(kind: string, openShared: () => Promise<() => Promise<TicketStore>>): void {
  it(`the lease of a live holder lasts beyond its time: ${kind}`, async () => {
    const open = await openShared();
    const [holder, other] = [await open(), await open()];
    const ttlMs = 10_000;
    const endsAt = performance.now() + ttlMs * 1.5;
    const lease = await holder.acquireLease(ttlMs);
    while (performance.now() < endsAt) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await expect(other.acquireLease(ttlMs)).resolves.toBeUndefined();
    }
    expect(lease!.signal.aborted).toBe(false);
    await lease!.release();
    await Promise.all([holder, other].map((store) => store.close()));
  });
}

import { createSecretKey } from 'node:crypto';
import { behindMs, CachedCredentials } from './credential-lifetime.js';
import { RecordSeal } from './ticket-record.codec.js';
import { MINUTE, RefreshStage, SECOND, type StagedProcess, type StoreOperation } from './refresh-stage.test-support.js';
import type { TicketRecord } from './ticket-record.js';

let stage: RefreshStage;

beforeEach(() => void (stage = new RefreshStage()));

function aProcess(mayWrite = true, seal?: RecordSeal): StagedProcess {
  return stage.aProcess({ role: mayWrite ? 'refresher' : 'reader', seal });
}

type State = () => Partial<TicketRecord> | undefined;

/** Of the process: what it fetched itself, so that the store may lack it. */
function take({ cache }: StagedProcess, number: number, ageMs: number): void {
  const { clock } = stage;
  const at = clock.monotonic() - ageMs;
  cache.replace(new CachedCredentials(stage.generation(number, ageMs), at, at, behindMs(clock)));
}

describe('what a sync with the store does, by what is cached and stored', () => {
  const back = { writes: 1, event: true };
  const renumbered = { writes: 1, event: false };
  const none = { writes: 0, event: false };

  it.each<
    [string, [number, number] | undefined, State, { held?: number; stored?: number; writes: number; event: boolean }]
  >([
    // What: number and age of what is held, what is stored, and what is held and stored afterwards.
    ['nothing anywhere', undefined, () => undefined, none],
    ['nothing held', undefined, () => ({ current: stage.generation(3, MINUTE) }), { held: 3, stored: 3, ...none }],
    [
      'nothing held, and what is stored has ended',
      undefined,
      () => ({ current: stage.generation(3, 60 * MINUTE) }),
      { stored: 3, ...none },
    ],
    ['the same', [3, MINUTE], () => ({ current: stage.generation(3, MINUTE) }), { held: 3, stored: 3, ...none }],
    ['a newer one stored', [3, MINUTE], () => ({ current: stage.generation(4) }), { held: 4, stored: 4, ...none }],
    ['the store is empty', [3, MINUTE], () => undefined, { held: 3, stored: 3, ...back }],
    [
      'an older one stored',
      [3, MINUTE],
      () => ({ current: stage.generation(2, 10 * MINUTE) }),
      { held: 3, stored: 3, ...back },
    ],
    ['a record without a generation', [3, MINUTE], () => ({ forcedAtMs: 1 }), { held: 3, stored: 3, ...back }],
    ['what is held has ended', [3, 60 * MINUTE], () => undefined, none],
    [
      'the same with a lower number',
      [5, MINUTE],
      () => ({ current: { ...stage.generation(5, MINUTE), number: 3 } }),
      { held: 5, stored: 5, ...renumbered },
    ],
    [
      'the same with a higher number',
      [3, MINUTE],
      () => ({ current: { ...stage.generation(3, MINUTE), number: 5 } }),
      { held: 5, stored: 5, ...none },
    ],
    [
      'one with a higher number that looks older',
      [3, MINUTE],
      () => ({ current: stage.generation(9, 10 * MINUTE) }),
      { held: 9, stored: 9, ...none },
    ],
    [
      'a newer one with a lower number, of a count that began anew',
      [9, MINUTE],
      () => ({ current: stage.generation(1) }),
      { held: 10, stored: 10, ...renumbered },
    ],
    [
      'what another secret has made',
      [3, MINUTE],
      () => ({ current: stage.generation(8), secretFingerprint: 'another' }),
      { held: 3, stored: 8, ...none },
    ],
  ])('%s', async (_what, held, stored, after) => {
    for (const mayWrite of [true, false]) {
      stage = new RefreshStage();
      const process = aProcess(mayWrite);
      if (held) take(process, ...held);
      const before = stored();
      if (before) await stage.store.put(stage.record(before));
      process.events.length = 0;
      const seen = await process.refresher.sync();
      expect(process.cache.valid?.record.number).toBe(after.held);
      expect(stage.trace).toHaveLength(mayWrite ? after.writes : 0);
      // A reader changes nothing of what is stored.
      const number = mayWrite ? after.stored : before?.current?.number;
      expect((await stage.store.stored())?.current?.number).toBe(number);
      expect(await stage.store.stored()).toEqual(seen);
      const isTold = process.events.some(({ type }) => type === 'store-restored');
      expect(isTold).toBe(mayWrite && after.event);
      const isWritten = mayWrite && after.writes > 0;
      expect((await stage.store.stored())?.writtenBackAtMs).toBe(isWritten ? stage.clock.now() : undefined);
    }
  });

  it('what another key has encrypted is not lost', async () => {
    const seal = (byte: number) => new RecordSeal(createSecretKey(Buffer.alloc(32, byte)), 'app', stage.random);
    await stage.store.put(seal(1).seal(stage.record({ current: stage.generation(2, 10 * MINUTE) })));
    const process = aProcess(true, seal(2));
    take(process, 3, MINUTE);
    await process.refresher.sync();
    expect(stage.trace).toEqual([]);
  });

  it('what is put back brings what else was lost: earlier tickets, and when the last forced refresh began', async () => {
    const process = aProcess();
    take(process, 3, 10 * MINUTE);
    await process.refresher.sync();
    stage.clock.advance(2 * SECOND * 60);
    const forcedAtMs = stage.clock.now();
    await stage.store.change({ writtenBackAtMs: undefined });
    await stage.run(process, { reason: 'requested', replaces: 'generation-3' });
    expect(process.cache.valid?.record.number).toBe(4);
    await stage.store.put(undefined);
    stage.clock.advance(SECOND);
    await process.refresher.sync();
    expect(await stage.store.stored()).toMatchObject({ current: { number: 4 }, earlier: [{ number: 3 }], forcedAtMs });
  });

  it.each<[string, (refreshId: string) => Partial<TicketRecord>, boolean, boolean]>([
    ['the token of what is held', () => ({ pending: stage.generation(3, MINUTE) }), false, false],
    ['another token', () => ({ pending: stage.token(4) }), true, false],
    ['the mark of what is held', (by) => ({ unanswered: { sinceMs: stage.clock.now(), by } }), false, false],
    ['the mark of somebody else', () => ({ unanswered: { sinceMs: stage.clock.now(), by: 'another' } }), false, true],
  ])('what is put back ends %s, if it is what waits for it', async (_what, left, hasToken, hasMark) => {
    const process = aProcess();
    take(process, 3, MINUTE);
    await stage.store.put(stage.record(left('refresh-3')));
    await process.refresher.sync();
    const record = (await stage.store.stored())!;
    expect(record.current?.number).toBe(3);
    expect([record.pending !== undefined, record.unanswered !== undefined]).toEqual([hasToken, hasMark]);
    expect(process.cache.isBeingReplaced).toBe(true);
    await process.refresher.sync();
    expect(process.cache.isBeingReplaced).toBe(hasToken || hasMark);
  });
});

describe('what is remembered of forced refreshes, and put back when the store has lost it,', () => {
  /** The store is emptied, and the process puts back what it holds. */
  async function putBack(process: StagedProcess): Promise<TicketRecord | undefined> {
    await stage.store.put(undefined);
    await process.refresher.sync();
    return stage.store.stored();
  }

  it('is what the store last told that had lost nothing', async () => {
    const process = aProcess();
    const forcedAtMs = stage.clock.now() - SECOND;
    await stage.store.put(stage.record({ current: stage.generation(3, MINUTE), forcedAtMs }));
    await process.refresher.sync();
    expect(await putBack(process)).toMatchObject({ current: { number: 3 }, forcedAtMs });
    await stage.store.change({ forcedAtMs: undefined });
    await process.refresher.sync();
    expect((await putBack(process))?.forcedAtMs).toBeUndefined();
  });

  it('is not what another secret has made', async () => {
    const process = aProcess();
    take(process, 3, MINUTE);
    await stage.store.put(stage.record({ forcedAtMs: stage.clock.now(), secretFingerprint: 'another' }));
    await process.refresher.sync();
    expect((await putBack(process))?.forcedAtMs).toBeUndefined();
  });
});

describe('what this process has got, and is storing,', () => {
  it.each(['before it came', 'when it had come'])('is not lost for a sync that read the store %s', async (when) => {
    const process = aProcess();
    const { auth, store } = stage;
    let goOn = (): void => undefined;
    const isToJudge = new Promise<void>((resolve) => (goOn = resolve));
    let sync: Promise<unknown> | undefined;
    /** A sync whose read takes so long that what it brings is old. */
    const beginSync = (): void => {
      const read = store.read.bind(store);
      store.read = async () => {
        store.read = read;
        const record = await read();
        await isToJudge;
        return record;
      };
      sync = process.refresher.sync();
    };
    if (when === 'before it came') auth.onTicket = beginSync;
    store.before = async (operation) => {
      if (operation !== 'write' || !process.cache.valid) return;
      store.before = () => undefined;
      if (!sync) beginSync();
      goOn();
      await sync;
    };
    await stage.run(process, { reason: 'initial' });
    expect(sync).toBeDefined();
    expect(process.events.map(({ type }) => type)).not.toContain('store-restored');
    expect(stage.trace.filter((step) => step.startsWith('write'))).toEqual([
      'write mark',
      'write token 1',
      'write generation 1',
    ]);
  });

  it('is put back by the next sync when the store did not take it', async () => {
    const process = aProcess();
    stage.auth.onTicket = () => void stage.store.down.add('write');
    await stage.run(process, { reason: 'initial' });
    expect(process.cache.valid?.record.number).toBe(1);
    expect((await stage.store.stored())?.current).toBeUndefined();
    stage.store.down.clear();
    await process.refresher.sync();
    expect((await stage.store.stored())?.current?.number).toBe(1);
  });
});

describe('when something comes between', () => {
  it('another process was quicker: what it has put there is used', async () => {
    const process = aProcess();
    take(process, 3, MINUTE);
    const once = async (operation: StoreOperation) => {
      if (operation !== 'write') return;
      stage.store.before = () => undefined;
      await stage.store.put(stage.record({ current: stage.generation(4), writeId: 'of another' }));
    };
    stage.store.before = once;
    await expect(process.refresher.sync()).resolves.toMatchObject({ current: { number: 4 } });
    expect(process.cache.valid?.record.number).toBe(4);
    expect(process.events.some(({ type }) => type === 'store-restored')).toBe(false);
  });

  it('the store cannot be written: what was read is given, and what is held is kept', async () => {
    const process = aProcess();
    take(process, 3, MINUTE);
    stage.store.down.add('write');
    await expect(process.refresher.sync()).resolves.toBeUndefined();
    expect(process.cache.valid?.record.number).toBe(3);
  });

  it('the store cannot be read: it says so, and what is held is kept', async () => {
    const process = aProcess();
    take(process, 3, MINUTE);
    stage.store.down.add('read');
    await expect(process.refresher.sync()).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    expect(process.cache.valid?.record.number).toBe(3);
  });
});

import { MINUTE, RefreshStage, SECOND, type StoreOperation } from './refresh-stage.test-support.js';
import { RefreshRecord } from './refresher.js';
import type { TicketLease } from './store/ticket-store.js';
import type { TicketRecord } from './ticket-record.js';

let stage: RefreshStage;
let parts: ReturnType<RefreshStage['parts']>;
let lease: TicketLease;

beforeEach(async () => {
  stage = new RefreshStage();
  parts = stage.parts();
  lease = (await parts.records.lease(3_500))!;
});

async function begin(change: Partial<TicketRecord> | undefined): Promise<RefreshRecord> {
  if (change) await stage.store.put(stage.record(change));
  return new RefreshRecord(parts, lease, await parts.records.read(), 1);
}

const types = () => parts.events.map(({ type }) => type);
const markOf = (by: string, agoMs = 0) => ({ sinceMs: stage.clock.now() - agoMs, by });

describe('the numbers that are in use', () => {
  it.each<[string, number | undefined, () => Partial<TicketRecord> | undefined, number, number]>([
    // What: the number that is held, what is stored, the highest of generations, the highest of tokens too.
    ['nothing', undefined, () => undefined, 0, 0],
    ['a generation', undefined, () => ({ current: stage.generation(3) }), 3, 3],
    ['a token that waits', undefined, () => ({ current: stage.generation(3), pending: stage.token(4) }), 3, 4],
    ['a token that waits, and nothing else', undefined, () => ({ pending: stage.token(4) }), 0, 4],
    ['what is held, which the store has lost', 7, () => undefined, 7, 7],
    [
      'what is held, beyond what is stored',
      7,
      () => ({ current: stage.generation(3, MINUTE), pending: stage.token(4) }),
      7,
      7,
    ],
    ['what another secret has made', undefined, () => ({ current: stage.generation(3), secretFingerprint: 'x' }), 3, 3],
  ])('%s', async (_what, held, stored, generations, all) => {
    if (held) parts.cache.adopt(stage.record({ current: stage.generation(held) }));
    const record = await begin(stored());
    expect([record.highestGeneration, record.highestNumber]).toEqual([generations, all]);
  });
});

describe('the mark before a token is asked for', () => {
  it.each<[string, () => Partial<TicketRecord> | undefined, number | undefined, object | undefined]>([
    // What: what is stored, when a forced refresh began, what is stored afterwards.
    ['where nothing is', () => undefined, undefined, { unanswered: { sinceMs: 0 } }],
    ['of a forced refresh', () => undefined, 77, { unanswered: { sinceMs: 0 }, forcedAtMs: 77 }],
    [
      'takes the token away that was refused',
      () => ({ pending: stage.token(2) }),
      undefined,
      { unanswered: { sinceMs: 0 } },
    ],
    [
      'keeps when the first lost answer was asked for',
      () => ({ unanswered: markOf('x', SECOND) }),
      undefined,
      { unanswered: { sinceMs: -SECOND } },
    ],
    ['is not put over what another secret has made', () => ({ secretFingerprint: 'x' }), 77, undefined],
  ])('%s', async (_what, stored, forcedAtMs, after) => {
    const record = await begin(stored());
    await record.markAsked(forcedAtMs);
    const now = await stage.store.stored();
    if (!after) {
      expect(now?.unanswered).toBeUndefined();
      return;
    }
    const { unanswered, ...rest } = after as { unanswered: { sinceMs: number } };
    const sinceMs = stage.clock.now() + unanswered.sinceMs;
    expect(now).toMatchObject({ ...rest, unanswered: { sinceMs, by: record.id } });
    expect(now?.pending).toBeUndefined();
  });

  it('is not made where it cannot be written: no token may be asked for then', async () => {
    const record = await begin(undefined);
    stage.store.down.add('write');
    await expect(record.markAsked(undefined)).rejects.toMatchObject({ name: 'StoreUnavailableError' });
  });

  it.each<[string, () => Partial<TicketRecord> | undefined, (id: string) => object | undefined, number | undefined]>([
    // What: what was stored before, the mark afterwards, the forced refresh afterwards.
    ['is taken away', () => undefined, () => undefined, undefined],
    ['is taken away, and what it said of a forced refresh', () => ({ forcedAtMs: 5 }), () => undefined, 5],
    [
      'becomes the one of others that was there',
      () => ({ unanswered: markOf('x', SECOND) }),
      () => markOf('x', SECOND),
      undefined,
    ],
    [
      'stays for a token that was refused',
      () => ({ pending: stage.token(2, MINUTE) }),
      (id) => markOf(id, MINUTE),
      undefined,
    ],
  ])('%s when the vendor refuses in its own words', async (_what, stored, mark, forcedAtMs) => {
    const record = await begin(stored());
    await record.markAsked(77);
    await record.unmark();
    const now = await stage.store.stored();
    expect([now?.unanswered, now?.forcedAtMs, now?.pending]).toEqual([mark(record.id), forcedAtMs, undefined]);
  });
});

describe('a write when others write at the same time', () => {
  /** Others write before each of our writes, so many times. */
  const disturb = (times: number, change: () => Promise<void>) => {
    let left = times;
    stage.store.before = async (operation: StoreOperation) => {
      if (operation !== 'write' || left === 0) return;
      left -= 1;
      await change();
    };
  };
  let wishes = 0;
  const wish = () => stage.store.change({ rejectedId: `wish-${(wishes += 1)}` });

  it.each([
    [1, true],
    [4, true],
    [5, false],
  ])('is repeated: after %d of others it has succeeded: %s', async (times, succeeds) => {
    const record = await begin({ current: stage.generation(1, 30 * MINUTE) });
    disturb(times, wish);
    if (succeeds) await expect(record.markAsked(undefined)).resolves.toBeUndefined();
    else await expect(record.markAsked(undefined)).rejects.toMatchObject({ name: 'StaleWriteError' });
  });

  it('is not repeated once the lease is lost', async () => {
    const record = await begin({ current: stage.generation(1, 30 * MINUTE) });
    await stage.store.loseLease();
    disturb(1, wish);
    await expect(record.markAsked(undefined)).rejects.toMatchObject({ name: 'StaleWriteError' });
  });

  it('is not repeated either when the lease has ended by the clock, and its timer has not fired', async () => {
    lease = { ...lease, throwIfLost: () => AbortSignal.abort().throwIfAborted() };
    const record = await begin({ current: stage.generation(1, 30 * MINUTE) });
    disturb(1, wish);
    await expect(record.markAsked(undefined)).rejects.toMatchObject({ name: 'StaleWriteError' });
  });

  it('ends when the store cannot be read in between', async () => {
    const record = await begin({ current: stage.generation(1, 30 * MINUTE) });
    disturb(1, async () => {
      await wish();
      stage.store.down.add('read');
    });
    await expect(record.markAsked(undefined)).rejects.toMatchObject({ name: 'StoreUnavailableError' });
  });

  it.each<[string, () => Partial<TicketRecord>, boolean]>([
    ['nothing of a refresh', () => ({ rejectedId: 'x' }), false],
    ['what was there before', () => ({ current: stage.generation(1, 30 * MINUTE), unanswered: undefined }), false],
    ['the mark that was there before', () => ({ unanswered: markOf('before') }), false],
    ['another mark', () => ({ unanswered: markOf('x') }), true],
    ['another token', () => ({ pending: stage.token(2) }), true],
    ['another secret', () => ({ secretFingerprint: 'x' }), true],
    ['a generation asked for since', () => ({ current: stage.generation(2) }), true],
    ['one that may have been, by uncertain clocks', () => ({ current: stage.generation(2, 3 * SECOND - 1) }), true],
    ['one asked for before', () => ({ current: stage.generation(2, 3 * SECOND) }), false],
  ])('by what they have written, %s: whether they have taken over', async (_what, change, isTakenOver) => {
    const record = await begin({ current: stage.generation(1, 30 * MINUTE), unanswered: markOf('before') });
    disturb(1, () => stage.store.change(change()));
    const written = record.markAsked(undefined);
    if (isTakenOver) await expect(written).rejects.toMatchObject({ name: 'StaleWriteError' });
    else await expect(written).resolves.toBeUndefined();
  });
});

describe('that a generation is suspect', () => {
  it.each<[string, () => Promise<void> | void, boolean, boolean]>([
    // What: what is done before, whether a mark is there afterwards, whether it is told.
    ['is marked', () => stage.store.change({ unanswered: undefined }), true, true],
    ['is marked where the store was emptied', () => stage.store.put(undefined), true, true],
    [
      'is marked over the mark of somebody else, who would take it away',
      () => stage.store.change({ unanswered: markOf('x') }),
      true,
      true,
    ],
    ['is not marked again where our own mark is', () => undefined, true, false],
    [
      'is not marked on what another secret has made',
      () => stage.store.change({ secretFingerprint: 'x', unanswered: undefined }),
      false,
      false,
    ],
    ['is not marked where the store is down', () => void stage.store.down.add('write').add('read'), true, false],
  ])('%s', async (_what, happens, isMarked, isTold) => {
    const record = await begin({ current: stage.generation(1, 30 * MINUTE) });
    await record.markAsked(undefined);
    await happens();
    await record.markSuspect();
    const by = (await stage.store.stored())?.unanswered?.by;
    expect(by !== undefined).toBe(isMarked);
    expect(types().includes('refresh-conflict')).toBe(isTold);
    // By an id that nobody takes for a mark of his own.
    if (isTold) expect([record.id, 'x']).not.toContain(by);
  });

  it('is marked without the lease, and although others write at the same time', async () => {
    const record = await begin({ current: stage.generation(1) });
    await stage.store.loseLease();
    await parts.records.lease(3_500);
    let left = 4;
    stage.store.before = async (operation) => {
      if (operation === 'write' && (left -= 1) >= 0) await stage.store.change({ forcedAtMs: left });
    };
    await record.markSuspect();
    expect((await stage.store.stored())?.unanswered).toBeDefined();
  });
});

describe('what the vendor gave', () => {
  it('is kept without the mark; a store that fails does not cost it', async () => {
    const record = await begin(undefined);
    await record.markAsked(undefined);
    stage.store.down.add('write');
    await expect(record.keep({ pending: stage.token(1) })).resolves.toBeUndefined();
    stage.store.down.clear();
    await record.keep({ pending: undefined, current: stage.generation(1) });
    const now = (await stage.store.stored())!;
    expect([now.current?.number, now.pending, now.unanswered]).toEqual([1, undefined, undefined]);
  });

  it('and was put into the store by somebody else meanwhile is no takeover', async () => {
    const record = await begin(undefined);
    await record.markAsked(undefined);
    const pending = stage.token(1);
    await record.keep({ pending });
    await stage.store.put(undefined);
    await stage.store.put(stage.record({ pending, writeId: 'put back' }));
    await expect(record.keep({ pending: undefined, current: stage.generation(1) })).resolves.toBeUndefined();
  });

  it('is not used for long when another process has taken over: one more refresh follows', async () => {
    const record = await begin(undefined);
    await record.markAsked(undefined);
    await stage.store.change({ current: stage.generation(5), unanswered: undefined });
    await expect(record.keep({ pending: stage.token(1) })).rejects.toMatchObject({ name: 'StaleWriteError' });
    expect(await stage.store.stored()).toMatchObject({ current: { number: 5 }, unanswered: {} });
    expect(types()).toContain('refresh-conflict');
  });
});

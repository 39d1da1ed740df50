import { createSecretKey } from 'node:crypto';
import { inspect } from 'node:util';
import { RecordSeal } from './ticket-record.codec.js';
import { RefreshStage, SECOND, type StoreOperation } from './refresh-stage.test-support.js';
import { StoreError, type TicketLease } from './store/ticket-store.js';
import type { TicketEvent } from './ticket-event.js';
import { TicketRecordRepository } from './ticket-record-repository.js';

const CANARY = 'canary-of-a-ticket';

let stage: RefreshStage;
let events: TicketEvent[];
let records: TicketRecordRepository;

function recordsOf(change: { secretFingerprint?: string; seal?: RecordSeal } = {}): TicketRecordRepository {
  return new TicketRecordRepository(stage.context({ emit: (event) => void events.push(event), ...change }));
}

beforeEach(() => {
  stage = new RefreshStage();
  events = [];
  records = recordsOf();
});

afterEach(() => expect(stage.clock.pendingTimers).toBe(0));

const use: Record<'read' | 'write' | 'lease', () => Promise<unknown>> = {
  read: () => records.read(),
  write: () => records.write(undefined, { forcedAtMs: 1 }),
  lease: () => records.lease(3_500),
};

describe('a write', () => {
  it('counts on from what was read, and keeps what it does not change', async () => {
    const read = stage.record({ revision: 7, current: stage.generation(3), forcedAtMs: 5 });
    await stage.store.put(read);
    const written = await records.write(read, { current: undefined, rejectedId: 'x' });
    expect(written).toMatchObject({ format: 1, revision: 8, secretFingerprint: 'fingerprint', forcedAtMs: 5 });
    expect([written.current, written.rejectedId]).toEqual([undefined, 'x']);
    expect(written.writeId).not.toBe(read.writeId);
    expect(await stage.store.stored()).toEqual(written);
  });

  it('drops what another secret has made', async () => {
    const read = stage.record({
      secretFingerprint: 'another',
      revision: 7,
      current: stage.generation(3),
      forcedAtMs: 5,
    });
    await stage.store.put(read);
    const written = await records.write(read, { rejectedId: 'x' });
    expect(written).toMatchObject({ revision: 8, secretFingerprint: 'fingerprint', rejectedId: 'x' });
    expect([written.current, written.forcedAtMs]).toEqual([undefined, undefined]);
  });

  type Disturb = () => void | Promise<void>;
  it.each<[string, Disturb, 'written' | 'StaleWriteError' | 'StoreUnavailableError']>([
    ['nothing happens', () => undefined, 'written'],
    ['somebody else has written', () => stage.store.change({ forcedAtMs: 9 }), 'StaleWriteError'],
    ['the store was emptied', () => stage.store.put(undefined), 'StaleWriteError'],
    ['it cannot be written', () => void stage.store.down.add('write'), 'StoreUnavailableError'],
    ['it was carried out and nobody heard of it', () => void stage.store.unheard.add('write'), 'written'],
    [
      'it was carried out, nobody heard of it, and the store cannot be read either',
      () => {
        stage.store.unheard.add('write');
        stage.store.down.add('read');
      },
      'StoreUnavailableError',
    ],
    [
      'somebody else has written, and the store cannot be read',
      async () => {
        await stage.store.change({ forcedAtMs: 9 });
        stage.store.down.add('read');
      },
      'StaleWriteError',
    ],
    ['it hangs for ever', () => void stage.store.hanging.add('write'), 'StoreUnavailableError'],
    ['everything hangs', () => void stage.store.hanging.add('write').add('read'), 'StoreUnavailableError'],
  ])('%s', async (_what, disturb, end) => {
    const read = stage.record();
    await stage.store.put(read);
    await disturb();
    let written: unknown;
    const work = records.write(read, { rejectedId: 'x' }).then((record) => (written = record));
    const { thrown } = await stage.toEnd(work);
    stage.store.goOn();
    if (end === 'written') expect(await stage.store.stored()).toEqual(written);
    else expect(thrown).toMatchObject({ name: end, code: 'NO_VALID_TICKET' });
  });

  it('that hung and was carried out after all is recognized', async () => {
    stage.store.hanging.add('write');
    const work = records.write(undefined, { rejectedId: 'x' });
    stage.clock.setTimer(() => stage.store.goOn(), 15 * SECOND - 1);
    expect(await stage.toEnd(work)).toMatchObject({ thrown: undefined, tookMs: 15 * SECOND - 1 });
  });

  it('under a lease that somebody else holds by now does nothing', async () => {
    const first = (await records.lease(3_500))!;
    await stage.store.loseLease();
    const second = (await records.lease(3_500))!;
    await expect(records.write(undefined, {}, first)).rejects.toMatchObject({ name: 'StaleWriteError' });
    await expect(records.write(undefined, {}, second)).resolves.toBeDefined();
  });
});

describe('a store that does not answer', () => {
  it.each(['read', 'write', 'lease'] as const)('is given up after 15 s: %s', async (operation) => {
    stage.store.hanging.add(operation);
    const { thrown, tookMs } = await stage.toEnd(use[operation]());
    const message = `the ticket store scripted: failed to ${operation}: TIMEOUT`;
    expect(thrown).toMatchObject({
      name: 'StoreUnavailableError',
      code: 'NO_VALID_TICKET',
      actor: 'application',
      message,
    });
    expect(tookMs).toBe(15 * SECOND);
    stage.store.goOn();
  });

  it('is not waited for when a lease is given back', async () => {
    const lease = (await records.lease(3_500))!;
    stage.store.hanging.add('release');
    expect(await stage.toEnd(records.release(lease))).toEqual({ thrown: undefined, tookMs: 15 * SECOND });
    stage.store.goOn();
  });

  it('and gives a lease when nobody waits for it any more: it is given back', async () => {
    stage.store.hanging.add('lease');
    await stage.toEnd(records.lease(3_500));
    stage.store.goOn();
    await stage.clock.advanceAsync(0);
    expect(stage.store.done).toEqual(['lease', 'release']);
    await expect(records.lease(3_500)).resolves.toBeDefined();
  });

  it('and has none to give, or fails, when nobody waits for it any more: nothing is given back', async () => {
    const held = (await records.lease(3_500))!;
    stage.store.hanging.add('lease');
    await stage.toEnd(records.lease(3_500));
    stage.store.goOn();
    await stage.clock.advanceAsync(0);
    expect(stage.store.done).toEqual(['lease']);
    await records.release(held);
  });
});

describe('a lease that cannot be given back', () => {
  it.each<[string, () => Promise<void>]>([
    ['because the store is down', () => Promise.reject(new Error('down'))],
    [
      'because a store of the application throws',
      () => {
        throw new Error('a fault');
      },
    ],
  ])('costs the next one a wait, nothing else: %s', async (_why, release) => {
    const lease = { id: 'x', signal: new AbortController().signal, throwIfLost: () => undefined, release };
    await expect(stage.toEnd(records.release(lease satisfies TicketLease))).resolves.toMatchObject({
      thrown: undefined,
    });
    expect(events).toEqual([]);
  });
});

describe('the trouble of a store', () => {
  it.each<[string, unknown, string]>([
    ['of the system', Object.assign(new Error(`${CANARY} at /x`), { code: 'EIO' }), 'EIO'],
    ['without a code', new RangeError(CANARY), 'RangeError'],
    ['that is no error', CANARY, 'Error'],
    ['nothing', undefined, 'Error'],
    ['in words that may be shown', new StoreError('NOPERM', 'no rights to write'), 'NOPERM: no rights to write'],
  ])('is told without what it was to keep: %s', async (_what, thrown, words) => {
    for (const operation of ['read', 'write', 'lease'] as const) {
      stage.store.before = (about: StoreOperation) => {
        if (about === operation) throw thrown;
      };
      const failure: unknown = await use[operation]().catch((error: unknown) => error);
      expect(failure).toMatchObject({ message: `the ticket store scripted: failed to ${operation}: ${words}` });
      expect(inspect([failure, events], { depth: Infinity, showHidden: true })).not.toContain(CANARY);
    }
  });

  it('is an event for each operation, marked when it is not the first, and its end is one when all work again', async () => {
    const told = () =>
      events.splice(0).map((event) => ('repeated' in event ? [event.type, event.repeated] : event.type));
    stage.store.down.add('read').add('lease');
    for (const operation of ['read', 'read', 'lease'] as const) await use[operation]().catch(() => undefined);
    expect(told()).toEqual([
      ['store-failed', false],
      ['store-failed', true],
      ['store-failed', false],
    ]);
    stage.store.down.delete('read');
    await use.read();
    expect(told()).toEqual([]);
    stage.store.down.delete('lease');
    await records.release((await records.lease(3_500))!);
    expect(told()).toEqual(['store-recovered']);
    await use.read();
    stage.store.down.add('read');
    await use.read().catch(() => undefined);
    expect(told()).toEqual([['store-failed', false]]);
  });
});

describe('what is stored encrypted', () => {
  const sealOf = (byte: number) => new RecordSeal(createSecretKey(Buffer.alloc(32, byte)), 'app', stage.random);
  const record = () => stage.record({ current: stage.generation(7), forcedAtMs: 5 });

  it.each<[string, () => RecordSeal | undefined, () => RecordSeal | undefined, boolean]>([
    ['plain, for a process without a key', () => undefined, () => undefined, true],
    ['sealed, with the same key', () => sealOf(1), () => sealOf(1), true],
    ['sealed, with another key', () => sealOf(1), () => sealOf(2), false],
    ['sealed, for a process without a key', () => sealOf(1), () => undefined, false],
    ['plain, for a process with a key', () => undefined, () => sealOf(1), false],
  ])('%s: whether it can be read', async (_what, writer, reader, isReadable) => {
    await recordsOf({ seal: writer() }).write(undefined, { current: record().current, forcedAtMs: 5 });
    const reading = recordsOf({ seal: reader() });
    const read = await reading.read();
    await reading.read();
    // The rest of the record counts, whatever can be read of it.
    expect(read?.forcedAtMs).toBe(5);
    expect(read?.current?.signTicket).toBe(isReadable ? 'stored-ticket-7' : undefined);
    expect(reading.unreadableIn(read)).toBe(isReadable ? undefined : 7);
    // Once for each generation, however often it is read.
    expect(events.filter(({ type }) => type === 'credentials-unreadable')).toHaveLength(isReadable ? 0 : 1);
  });

  it('is sealed before the store sees it, and given on as it is', async () => {
    const written = await recordsOf({ seal: sealOf(1) }).write(undefined, { current: record().current });
    expect(written.current?.signTicket).toBe('stored-ticket-7');
    expect(inspect(await stage.store.stored(), { depth: Infinity })).not.toMatch(/stored-(ticket|token)/);
  });

  it('is told of again when another generation cannot be read', async () => {
    const writing = recordsOf({ seal: sealOf(1) });
    const first = await writing.write(undefined, { current: stage.generation(1) });
    await records.read();
    await writing.write(first, { current: stage.generation(2) });
    await records.read();
    expect(events).toEqual([{ type: 'credentials-unreadable' }, { type: 'credentials-unreadable' }]);
  });
});

import {
  HOUR,
  MINUTE,
  RefreshStage,
  SECOND,
  type StagedProcess,
  TIMER_OFFSETS_MS,
  TIMINGS,
} from './refresh-stage.test-support.js';
import type { RefreshRequest } from './refresh-plan.js';
import type { TicketRecord } from './ticket-record.js';

const REJECTED = { reason: 'rejected', replaces: 'generation-1' } as const;

let stage: RefreshStage;
let reader: StagedProcess;

beforeEach(() => {
  stage = new RefreshStage();
  reader = stage.aProcess({ role: 'reader' });
});

/** Whatever happens, a reader asks the vendor for nothing and takes no lease. */
afterEach(() => {
  expect(stage.trace.filter((what) => !what.startsWith('write'))).toEqual([]);
  expect(stage.store.done).toEqual([]);
  expect(stage.clock.pendingTimers).toBe(0);
});

describe.each(TIMER_OFFSETS_MS)('a reader waits for others, with timers that are off by %f ms', (offsetMs) => {
  beforeEach(() => void (stage.clock.timerOffsetMs = offsetMs));

  type Stored = () => Partial<TicketRecord> | undefined;
  it.each<[string, Partial<RefreshRequest>, Stored, string[], object | undefined]>([
    // What: why, what is stored, what the reader writes, what is thrown after the waiting.
    ['nothing is stored', { reason: 'initial' }, () => undefined, [], { code: 'NO_VALID_TICKET' }],
    [
      'what is stored has ended',
      { reason: 'initial' },
      () => ({ current: stage.generation(1, HOUR) }),
      [],
      { code: 'NO_VALID_TICKET' },
    ],
    [
      'it was made with another secret',
      { reason: 'initial' },
      () => ({ current: stage.generation(1), secretFingerprint: 'x' }),
      [],
      { code: 'NO_VALID_TICKET' },
    ],
    ['it is fresh', { reason: 'initial' }, () => ({ current: stage.generation(1) }), [], undefined],
    [
      'it is due, which is for others to see to',
      {},
      () => ({ current: stage.generation(1, 30 * MINUTE) }),
      [],
      undefined,
    ],
    ['it was rejected, and a newer one is stored', REJECTED, () => ({ current: stage.generation(2) }), [], undefined],
    [
      'it was rejected',
      REJECTED,
      () => ({ current: stage.generation(1, MINUTE) }),
      ['write wish to replace generation-1'],
      { code: 'RATE_LIMITED', retryAfterMs: MINUTE },
    ],
    [
      'it was rejected, and another reader has asked',
      REJECTED,
      () => ({ current: stage.generation(1, MINUTE), rejectedId: 'generation-1' }),
      [],
      { code: 'RATE_LIMITED' },
    ],
    ['it was rejected, and the store is empty', REJECTED, () => undefined, [], { code: 'RATE_LIMITED' }],
  ])('%s', async (_what, request, stored, written, thrown) => {
    const content = stored();
    if (content) await stage.store.put(stage.record(content));
    const ended = await stage.run(reader, request);
    expect(stage.trace).toEqual(written);
    if (thrown === undefined) expect(ended).toEqual({ thrown: undefined, tookMs: 0 });
    else expect(ended.thrown).toMatchObject(thrown);
    if (thrown === undefined) return;
    expect(ended.tookMs).toBeGreaterThanOrEqual(TIMINGS.pollMs);
    expect(ended.tookMs).toBeLessThan(TIMINGS.pollMs + TIMINGS.leasePollMs + 1);
  });

  it.each<[string, Partial<RefreshRequest>]>([
    ['the first', { reason: 'initial' }],
    ['other ones than the rejected', REJECTED],
  ])('and uses %s as soon as they are stored', async (_what, request) => {
    if (request === REJECTED) await stage.store.put(stage.record({ current: stage.generation(1, MINUTE) }));
    const put = () => stage.store.put({ ...stage.record({ current: stage.generation(2) }), writeId: 'of a refresher' });
    stage.clock.setTimer(() => void put(), 2 * SECOND);
    const { thrown, tookMs } = await stage.run(reader, request);
    expect(thrown).toBeUndefined();
    expect(tookMs).toBeLessThan(2 * SECOND + TIMINGS.leasePollMs + 2);
    expect(reader.cache.valid?.record.number).toBe(2);
  });
});

describe('a reader', () => {
  it('that is closed ends at once, with the reason', async () => {
    stage.clock.setTimer(() => stage.closing.abort(new Error('closed')), SECOND);
    const { thrown } = await stage.run(reader, { reason: 'initial' });
    expect(thrown).toMatchObject({ message: 'closed' });
  });

  it('that may not write cannot ask: it waits, and no outage of the store is told', async () => {
    await stage.store.put(stage.record({ current: stage.generation(1, MINUTE) }));
    stage.store.down.add('write');
    await expect(stage.run(reader, REJECTED)).resolves.toMatchObject({ thrown: { code: 'RATE_LIMITED' } });
    expect(reader.events.map(({ type }) => type)).toEqual(['credentials-updated']);
  });

  it('asks once, however long it waits', async () => {
    await stage.store.put(stage.record({ current: stage.generation(1, MINUTE) }));
    stage.store.down.add('write');
    let tries = 0;
    stage.store.before = (operation) => void (tries += operation === 'write' ? 1 : 0);
    await stage.run(reader, REJECTED);
    expect(tries).toBe(1);
  });

  it('asks for nothing when the store has not got what was rejected', async () => {
    reader.cache.adopt(stage.record({ current: stage.generation(1, MINUTE) }));
    await stage.store.put(stage.record({ current: stage.generation(0, 30 * MINUTE) }));
    await expect(stage.run(reader, REJECTED)).resolves.toMatchObject({ thrown: { code: 'RATE_LIMITED' } });
    expect(stage.trace).toEqual([]);
  });

  it('whose store cannot be read says so', async () => {
    stage.store.down.add('read');
    await expect(stage.run(reader, { reason: 'initial' })).resolves.toMatchObject({
      thrown: { name: 'StoreUnavailableError' },
    });
  });

  it('puts back nothing that the store has lost', async () => {
    reader.cache.adopt(stage.record({ current: stage.generation(1) }));
    await stage.run(reader, { reason: 'initial' });
    expect(stage.trace).toEqual([]);
  });
});

import { RefreshFailed } from './refresh-backoff.js';
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
import type { AuthOutcome } from './scripted-auth.test-support.js';
import type { TicketRecord } from './ticket-record.js';

let stage: RefreshStage;
let process: StagedProcess;

beforeEach(() => {
  stage = new RefreshStage();
  process = stage.aProcess();
});

/** Every lease that was taken has been given back, however the refresh ended. */
afterEach(() => {
  const { done } = stage.store;
  expect(done.filter((what) => what === 'release')).toHaveLength(done.filter((what) => what === 'lease').length);
  expect(stage.clock.pendingTimers).toBe(0);
});

type Stored = () => Partial<TicketRecord> | undefined;

/** What is asked of the vendor; what is written is left out. */
const asked = () => stage.trace.filter((what) => !what.startsWith('write'));

describe('what a refresh asks the vendor for, by what is stored and held', () => {
  const NEW = ['token', 'ticket of token-1'];
  const rejected = { reason: 'rejected', replaces: 'generation-1' } as const;

  it.each<[string, Stored, Stored, Partial<RefreshRequest>, string[]]>([
    ['nothing is stored', () => undefined, () => undefined, { reason: 'initial' }, NEW],
    ['what is stored is fresh', () => ({ current: stage.generation(1) }), () => undefined, { reason: 'initial' }, []],
    ['it is almost due', () => ({ current: stage.generation(1, 20 * MINUTE - 1) }), () => undefined, {}, []],
    ['it is due', () => ({ current: stage.generation(1, 20 * MINUTE) }), () => undefined, {}, NEW],
    ['it has ended', () => ({ current: stage.generation(1, HOUR) }), () => undefined, { reason: 'initial' }, NEW],
    [
      'it is fresh, and a token waits for its ticket',
      () => ({ current: stage.generation(1, MINUTE), pending: stage.token(2, 10 * SECOND) }),
      () => undefined,
      {},
      ['ticket of stored-token-2'],
    ],
    [
      'it is fresh, and a token was asked for that nobody has',
      () => ({ current: stage.generation(1), unanswered: { sinceMs: stage.clock.now(), by: 'another' } }),
      () => undefined,
      {},
      NEW,
    ],
    [
      'it was made with another secret',
      () => ({ current: stage.generation(1), secretFingerprint: 'another' }),
      () => undefined,
      { reason: 'initial' },
      NEW,
    ],
    [
      'it was rejected',
      () => ({ current: stage.generation(1, MINUTE) }),
      () => ({ current: stage.generation(1, MINUTE) }),
      rejected,
      NEW,
    ],
    [
      'it was rejected, and another process has stored a newer one',
      () => ({ current: stage.generation(2) }),
      () => ({ current: stage.generation(1, MINUTE) }),
      rejected,
      [],
    ],
    [
      'one was rejected that has long been replaced here',
      () => ({ current: stage.generation(2) }),
      () => ({ current: stage.generation(2) }),
      rejected,
      [],
    ],
    [
      'another one is wished for by the application',
      () => ({ current: stage.generation(1, MINUTE) }),
      () => ({ current: stage.generation(1, MINUTE) }),
      { reason: 'requested', replaces: 'generation-1' },
      NEW,
    ],
    [
      'another one is wished for by the application, and another process has just stored one',
      () => ({ current: stage.generation(2) }),
      () => ({ current: stage.generation(1, MINUTE) }),
      { reason: 'requested', replaces: 'generation-1' },
      [],
    ],
    [
      'what is held is fresh and the store was emptied',
      () => undefined,
      () => ({ current: stage.generation(1, MINUTE) }),
      {},
      [],
    ],
  ])('%s', async (_what, stored, held, request, calls) => {
    const before = held();
    if (before) process.cache.adopt(stage.record(before));
    const content = stored();
    if (content) await stage.store.put(stage.record(content));
    const { thrown } = await stage.run(process, request);
    expect(thrown).toBeUndefined();
    expect(asked()).toEqual(calls);
    expect(process.cache.fresh).toBeDefined();
    if (calls.length === 0) expect(stage.store.done).toEqual([]);
  });
});

describe.each(TIMER_OFFSETS_MS)(
  'while another process holds the lease, with timers that are off by %f ms',
  (offsetMs) => {
    beforeEach(() => void (stage.clock.timerOffsetMs = offsetMs));

    /** Another process begins, and after two seconds this happens. */
    async function after2Seconds(happens: () => Promise<unknown> | void) {
      const lease = (await stage.store.acquireLease())!;
      stage.clock.setTimer(() => void Promise.resolve(happens()).then(() => lease.release()), 2 * SECOND);
      return stage.run(process, { reason: 'initial' });
    }

    it.each<[string, () => Promise<unknown> | void, string[]]>([
      [
        'it stores a generation: nothing is left to do',
        () => stage.store.put(stage.record({ current: stage.generation(1) })),
        [],
      ],
      ['it ends without having done anything: this one does it', () => undefined, ['token', 'ticket of token-1']],
      [
        'it dies with a token that has no ticket: this one gets the ticket',
        () => stage.store.put(stage.record({ pending: stage.token(4) })),
        ['ticket of stored-token-4'],
      ],
      [
        'it dies before it was answered: this one asks for a token',
        () => stage.store.put(stage.record({ unanswered: { sinceMs: stage.clock.now(), by: 'it' } })),
        ['token', 'ticket of token-1'],
      ],
    ])('%s', async (_what, happens, calls) => {
      const { thrown, tookMs } = await after2Seconds(happens);
      expect(thrown).toBeUndefined();
      expect(asked()).toEqual(calls);
      expect(process.cache.fresh).toBeDefined();
      // It is looked for all the while, and found soon.
      expect(tookMs).toBeGreaterThanOrEqual(2 * SECOND - 1);
      expect(tookMs).toBeLessThan(2 * SECOND + 2 * TIMINGS.leasePollMs + 2);
    });

    it('it fails: its pause is for all', async () => {
      const failed = () => ({ attempts: 3, retryAtMs: stage.clock.now() + 4 * SECOND, pauseMs: 4 * SECOND });
      const { thrown } = await after2Seconds(() => stage.store.put(stage.record({ failed: failed() })));
      expect(thrown).toBeInstanceOf(RefreshFailed);
      expect(thrown).toMatchObject({ attempts: 3, elsewhere: true, error: { code: 'NO_VALID_TICKET' } });
      expect((thrown as RefreshFailed).retryInMs).toBeGreaterThan(4 * SECOND - 2 * TIMINGS.leasePollMs);
      expect(asked()).toEqual([]);
    });

    it('and this one is closed: it ends at once with the reason, and takes no lease', async () => {
      const reason = new Error('closed');
      const lease = (await stage.store.acquireLease())!;
      stage.clock.setTimer(() => stage.closing.abort(reason), SECOND);
      const { thrown, tookMs } = await stage.run(process, { reason: 'initial' });
      expect(thrown).toBe(reason);
      expect(tookMs).toBeLessThan(SECOND + 2);
      await lease.release();
      expect(stage.store.done).toEqual(['lease', 'release']);
    });
  },
);

describe('a failure of the vendor is told to all', () => {
  it.each<[string, AuthOutcome, 'token' | 'ticket', number, Stored, { attempts: number; pauseMs: number }]>([
    ['the first', 'http-503', 'token', 1, () => undefined, { attempts: 1, pauseMs: SECOND }],
    ['the third in a row', 'http-503', 'token', 3, () => undefined, { attempts: 3, pauseMs: 4 * SECOND }],
    ['the ninth in a row', 'refused', 'token', 9, () => undefined, { attempts: 9, pauseMs: 10 * SECOND }],
    [
      'the first here, after three of other processes',
      'http-503',
      'token',
      1,
      () => ({ failed: { attempts: 3, retryAtMs: stage.clock.now() - SECOND, pauseMs: 4 * SECOND } }),
      { attempts: 4, pauseMs: 8 * SECOND },
    ],
    [
      'the sixth here, after the first of another process',
      'limited',
      'token',
      6,
      () => ({ failed: { attempts: 1, retryAtMs: stage.clock.now() - SECOND, pauseMs: SECOND } }),
      { attempts: 6, pauseMs: 10 * SECOND },
    ],
    ['one that a developer must mend', 'denied', 'token', 6, () => undefined, { attempts: 6, pauseMs: 32 * SECOND }],
    ['many of those', 'denied', 'token', 12, () => undefined, { attempts: 12, pauseMs: 5 * MINUTE }],
    ['a wrong secret', 'rejected', 'token', 12, () => undefined, { attempts: 12, pauseMs: 5 * MINUTE }],
    ['a token that cannot be read', 'unreadable', 'token', 1, () => undefined, { attempts: 1, pauseMs: MINUTE }],
    ['a token that is too large', 'too-large', 'token', 1, () => undefined, { attempts: 1, pauseMs: MINUTE }],
    ['a token without a value', 'incomplete', 'token', 1, () => undefined, { attempts: 1, pauseMs: MINUTE }],
    ['a ticket', 'http-503', 'ticket', 2, () => undefined, { attempts: 2, pauseMs: 2 * SECOND }],
    [
      'a ticket for a token whose overlap ends soon: then another token may be asked for',
      'rejected',
      'ticket',
      7,
      () => ({ pending: stage.token(2, 55 * SECOND) }),
      { attempts: 7, pauseMs: 5 * SECOND },
    ],
    [
      'a ticket for a token whose overlap is over',
      'http-503',
      'ticket',
      7,
      () => ({ pending: stage.token(2, 65 * SECOND) }),
      { attempts: 7, pauseMs: 10 * SECOND },
    ],
  ])('%s', async (_what, outcome, call, attempt, stored, { attempts, pauseMs }) => {
    const content = stored();
    if (content) await stage.store.put(stage.record(content));
    stage.auth[call] = outcome;
    const { thrown } = await stage.run(process, { reason: 'initial', attempt });
    expect(thrown).toBeInstanceOf(RefreshFailed);
    expect(thrown).toMatchObject({ attempts, retryInMs: pauseMs, elsewhere: false, error: { message: outcome } });
    const failed = { attempts, pauseMs, retryAtMs: stage.clock.now() + pauseMs };
    expect(await stage.store.stored()).toMatchObject({ failed });
    // It is written before anybody else gets the lease.
    expect(stage.trace.at(-1)).toBe(`write pause of ${pauseMs} ms`);
  });

  it.each<[string, () => void | Promise<void>, Partial<RefreshRequest>, object]>([
    [
      'the lease was lost meanwhile',
      () => {
        stage.auth.token = 'http-503';
        stage.auth.onToken = () => stage.store.loseLease();
      },
      {},
      { message: 'the lease is lost' },
    ],
    [
      'the lease was lost after the vendor had failed',
      () => {
        stage.auth.token = 'http-503';
        stage.store.before = async (operation) => {
          if (operation === 'read' && stage.trace.includes('token')) await stage.store.loseLease();
        };
      },
      {},
      { code: 'VENDOR_FAULT', message: 'http-503' },
    ],
    [
      'the process was closed meanwhile',
      () => {
        stage.auth.token = 'hangs';
        stage.auth.onToken = () => stage.closing.abort(new Error('closed'));
      },
      {},
      { code: 'TIMEOUT', message: 'hangs' },
    ],
    [
      'the store cannot be written',
      () => void stage.store.down.add('write'),
      {},
      { name: 'StoreUnavailableError', message: 'the ticket store scripted: failed to write: EIO' },
    ],
    [
      'another process took over',
      () => {
        stage.auth.onToken = () =>
          stage.store.put(stage.record({ writeId: 'of another', current: stage.generation(9) }));
      },
      {},
      { name: 'StaleWriteError' },
    ],
    [
      'it would be too soon',
      () => stage.store.change({ forcedAtMs: stage.clock.now() - SECOND }),
      { reason: 'rejected', replaces: 'generation-1' },
      { code: 'RATE_LIMITED', retryAfterMs: 59 * SECOND },
    ],
  ])('but not that %s', async (_what, happens, request, thrown) => {
    await stage.store.put(stage.record({ current: stage.generation(1, 30 * MINUTE) }));
    await happens();
    const ended = await stage.run(process, request);
    expect(ended.thrown).not.toBeInstanceOf(RefreshFailed);
    expect(ended.thrown).toMatchObject(thrown);
    expect((await stage.store.stored())?.failed).toBeUndefined();
  });

  it('nor into a record that another secret has made', async () => {
    stage.auth.token = 'denied';
    const record = stage.record({ secretFingerprint: 'another', current: stage.generation(3) });
    await stage.store.put(record);
    const { thrown } = await stage.run(process, { reason: 'initial' });
    expect(thrown).toMatchObject({ attempts: 1, error: { code: 'ACCESS_DENIED' } });
    expect(await stage.store.stored()).toBe(record);
  });

  it('and stands although the store fails meanwhile', async () => {
    stage.auth.token = 'refused';
    stage.auth.onToken = () => void stage.store.down.add('read').add('write');
    const { thrown } = await stage.run(process, { reason: 'initial', attempt: 2 });
    expect(thrown).toMatchObject({ attempts: 2, retryInMs: 2 * SECOND, error: { message: 'refused' } });
  });
});

describe('a failure that says nothing of the vendor: this process could not reach it, or has no response', () => {
  it.each<[AuthOutcome, AuthOutcome, boolean, boolean]>([
    // How it ends here, how it ends in the next process, and whether that one and a third one wait.
    ['refused', 'refused', false, true],
    ['dns', 'lost', false, true],
    ['lost', 'refused', false, true],
    ['hangs', 'hangs', false, true],
    ['refused', 'limited', false, true],
    ['refused', 'issued', false, false],
    ['http-503', 'refused', true, true],
    ['cut-off', 'refused', true, true],
    ['denied', 'refused', true, true],
    ['limited', 'refused', true, true],
  ])('%s, then %s: whether the next one and a third one wait', async (here, there, nextWaits, thirdWaits) => {
    await stage.store.put(stage.record({ current: stage.generation(1, 30 * MINUTE) }));
    stage.auth.nextTokens.push(here, there);
    const [next, third] = [stage.aProcess(), stage.aProcess()];
    for (const one of [next, third]) await one.refresher.sync();
    const waits = async (one: StagedProcess) => {
      const { thrown } = await stage.run(one);
      return thrown instanceof RefreshFailed && thrown.elsewhere;
    };
    expect(await waits(process)).toBe(false);
    expect([await waits(next), await waits(third)]).toEqual([nextWaits, thirdWaits]);
  });

  it('is of all when others have failed before', async () => {
    const failed = { attempts: 2, retryAtMs: stage.clock.now() - SECOND, pauseMs: 2 * SECOND };
    await stage.store.put(stage.record({ current: stage.generation(1, 30 * MINUTE), failed }));
    stage.auth.token = 'refused';
    await stage.run(process);
    expect((await stage.store.stored())?.failed).toMatchObject({ attempts: 3, by: undefined });
    await expect(stage.run(stage.aProcess())).resolves.toMatchObject({ thrown: { elsewhere: true, attempts: 3 } });
  });

  it('stays its own however often it fails, until one succeeds', async () => {
    await stage.store.put(stage.record({ current: stage.generation(1, 30 * MINUTE) }));
    stage.auth.token = 'refused';
    for (const attempt of [1, 2, 3]) {
      const { thrown } = await stage.run(process, { attempt });
      expect(thrown).toMatchObject({ attempts: attempt, elsewhere: false });
    }
    stage.auth.token = 'issued';
    await expect(stage.run(stage.aProcess())).resolves.toMatchObject({ thrown: undefined });
    expect((await stage.store.stored())?.failed).toBeUndefined();
  });
});

describe('the store loses what told of a refresh that has failed: its process knows, and finishes it', () => {
  it.each<[string, 'nextTokens' | 'nextTickets', AuthOutcome, string[]]>([
    ['a token without a ticket', 'nextTickets', 'lost', ['ticket of token-1']],
    ['a token whose ticket was refused', 'nextTickets', 'limited', ['ticket of token-1']],
    ['a mark that a token was asked for', 'nextTokens', 'lost', ['token', 'ticket of token-2']],
    ['a token that the vendor has refused', 'nextTokens', 'limited', []],
  ])('%s', async (_what, call, outcome, finishes) => {
    const current = stage.generation(1, MINUTE);
    const unanswered = { sinceMs: stage.clock.now(), by: 'another' };
    await stage.store.put(stage.record({ current, unanswered }));
    stage.auth[call].push(outcome);
    await stage.run(process);
    // Emptied, and another process has put back what it holds.
    await stage.store.put(undefined);
    await stage.store.put(stage.record({ current }));
    stage.clock.advance(10 * SECOND);
    stage.trace.length = 0;
    const { thrown } = await stage.run(process, { attempt: 2 });
    expect(thrown).toBeUndefined();
    expect(asked()).toEqual(finishes);
    // It is done once.
    stage.clock.advance(SECOND);
    stage.trace.length = 0;
    await stage.run(process);
    expect(asked()).toEqual([]);
  });
});

describe('the store fails over in the middle of a refresh, and loses its lease', () => {
  it.each<[string, () => TicketRecord | undefined]>([
    ['to what it had before the refresh began', () => stage.record({ current: stage.generation(1, 30 * MINUTE) })],
    ['to nothing', () => undefined],
  ])('%s: whoever takes the lease waits for that refresh', async (_what, before) => {
    const record = stage.record({ current: stage.generation(1, 30 * MINUTE) });
    const other = stage.aProcess();
    await stage.store.put(record);
    let ofOther: Promise<unknown> | undefined;
    stage.auth.onToken = async () => {
      await stage.store.put(undefined);
      const left = before();
      if (left) await stage.store.put(left);
    };
    stage.auth.onTicket = () => {
      ofOther ??= stage.toEnd(other.refresher.run({ reason: 'due', attempt: 1, signal: stage.closing.signal }));
      return new Promise((resolve) => stage.clock.setTimer(resolve, SECOND));
    };
    expect(await stage.run(process)).toMatchObject({ thrown: undefined });
    expect(await ofOther).toMatchObject({ thrown: undefined });
    // One token and one ticket, which both use.
    expect(asked()).toEqual(['token', 'ticket of token-1']);
    expect(other.cache.valid?.record.id).toBe(process.cache.valid?.record.id);
    const left = await stage.store.stored();
    expect(left).toMatchObject({ current: { signTicket: 'ticket-1' } });
    expect([left?.pending, left?.unanswered, left?.writtenBackAtMs]).toEqual([undefined, undefined, undefined]);
  });
});

describe('a pause that another process has begun', () => {
  it.each<[string, number, number | undefined, boolean]>([
    ['is kept', 3 * SECOND, 4 * SECOND, true],
    ['is kept by a process that is asked to replace rejected credentials', 3 * SECOND, 4 * SECOND, true],
    ['is over', 0, 4 * SECOND, false],
    ['is over but for what timers round', 5, 4 * SECOND, false],
    ['is longer than it ever was, because the clock was set back', 10 * SECOND, 4 * SECOND, false],
    ['is longer by a small step of the clock', 5 * SECOND, 4 * SECOND, true],
    ['has no length, of an older version', 4 * MINUTE, undefined, true],
    ['has no length and is longer than any', 6 * MINUTE, undefined, false],
  ])('%s', async (what, remainingMs, pauseMs, kept) => {
    const failed = { attempts: 5, retryAtMs: stage.clock.now() + remainingMs, ...(pauseMs && { pauseMs }) };
    await stage.store.put(stage.record({ failed, current: stage.generation(1, 30 * MINUTE) }));
    const isRejected = what.includes('rejected');
    const { thrown } = await stage.run(process, isRejected ? { reason: 'rejected', replaces: 'generation-1' } : {});
    expect(asked()).toEqual(kept ? [] : ['token', 'ticket of token-1']);
    if (kept) expect(thrown).toMatchObject({ attempts: 5, retryInMs: remainingMs, elsewhere: true });
    else expect(thrown).toBeUndefined();
  });

  it('for another secret is nothing to this one', async () => {
    const failed = { attempts: 5, retryAtMs: stage.clock.now() + SECOND, pauseMs: SECOND };
    await stage.store.put(stage.record({ failed, secretFingerprint: 'another' }));
    await stage.run(process, { reason: 'initial' });
    expect(asked()).toEqual(['token', 'ticket of token-1']);
  });
});

describe.each(TIMER_OFFSETS_MS)('what the store had lost was put back, with timers off by %f ms', (offsetMs) => {
  beforeEach(() => void (stage.clock.timerOffsetMs = offsetMs));

  it.each([
    ['just now', 0, TIMINGS.leaseTtlMs],
    ['a while ago', 2_000, TIMINGS.leaseTtlMs - 2_000],
    ['so long ago that every lease of that time has lapsed', TIMINGS.leaseTtlMs, 0],
    ['by a clock that has been set back since', -HOUR, 0],
  ])('%s: whoever was in the middle of a refresh may end it', async (_when, agoMs, waitMs) => {
    const writtenBackAtMs = stage.clock.now() - agoMs;
    await stage.store.put(stage.record({ writtenBackAtMs, current: stage.generation(1, 30 * MINUTE) }));
    const { tookMs } = await stage.run(process);
    expect(tookMs).toBeGreaterThanOrEqual(waitMs);
    expect(tookMs).toBeLessThan(waitMs + 4);
    expect(asked()).toEqual(['token', 'ticket of token-1']);
    expect((await stage.store.stored())?.writtenBackAtMs).toBeUndefined();
  });

  it('and is finished meanwhile: nothing is left to do', async () => {
    const writtenBackAtMs = stage.clock.now();
    await stage.store.put(stage.record({ writtenBackAtMs, current: stage.generation(1, 30 * MINUTE) }));
    stage.clock.setTimer(() => void stage.store.change({ current: stage.generation(2) }), SECOND);
    const { thrown } = await stage.run(process);
    expect(thrown).toBeUndefined();
    expect(asked()).toEqual([]);
    // The lease is free while it waits.
    expect(stage.store.done).toEqual(['lease', 'release']);
  });

  it('and this one is closed: it ends with the reason', async () => {
    const writtenBackAtMs = stage.clock.now();
    await stage.store.put(stage.record({ writtenBackAtMs, current: stage.generation(1, 30 * MINUTE) }));
    const reason = new Error('closed');
    stage.clock.setTimer(() => stage.closing.abort(reason), SECOND);
    expect(await stage.run(process)).toMatchObject({ thrown: reason });
    expect(asked()).toEqual([]);
  });
});

describe('a token whose ticket is missing, with a mark that another token was asked for', () => {
  const asOf = (by: string) =>
    stage.record({ pending: stage.token(2, SECOND), unanswered: { sinceMs: stage.clock.now() - SECOND, by } });

  it('of another process: the mark stays, because its token may have ended this one', async () => {
    const record = asOf('another-refresh');
    await stage.store.put(record);
    expect(await stage.run(process)).toMatchObject({ thrown: undefined });
    expect(asked()).toEqual([expect.stringMatching(/^ticket of /)]);
    const { current, unanswered } = (await stage.store.stored())!;
    expect([current?.signTicket, unanswered]).toEqual(['ticket-1', record.unanswered]);
  });

  it('of the refresh that the token came from: the mark goes, the token is its outcome', async () => {
    await stage.store.put(asOf(stage.token(2, SECOND).refreshId!));
    expect(await stage.run(process)).toMatchObject({ thrown: undefined });
    expect((await stage.store.stored())?.unanswered).toBeUndefined();
  });
});

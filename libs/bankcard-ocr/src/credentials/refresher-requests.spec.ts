import { createSecretKey } from 'node:crypto';
import { RecordSeal } from './ticket-record.codec.js';
import { HOUR, MINUTE, RefreshStage, SECOND, type StagedProcess } from './refresh-stage.test-support.js';
import type { RefreshRequest } from './refresh-plan.js';
import type { AuthOutcome } from './scripted-auth.test-support.js';
import { HIGHEST_NUMBER, type TicketRecord } from './ticket-record.js';

let stage: RefreshStage;
let process: StagedProcess;

beforeEach(() => {
  stage = new RefreshStage();
  process = stage.aProcess();
});

const typesOf = ({ events }: StagedProcess) => events.map(({ type }) => type);
const REJECTED = { reason: 'rejected', replaces: 'generation-1' } as const;
const mark = (agoMs = 0) => ({ unanswered: { sinceMs: stage.clock.now() - agoMs, by: 'another' } });

describe('a refresh, step by step, by what is stored', () => {
  it.each<[string, () => Partial<TicketRecord> | undefined, string[], { number: number; contested?: true }]>([
    [
      'nothing',
      () => undefined,
      ['write mark', 'token', 'write token 1', 'ticket of token-1', 'write generation 1'],
      { number: 1 },
    ],
    [
      'a generation that is due',
      () => ({ current: stage.generation(7, 20 * MINUTE) }),
      ['write mark', 'token', 'write token 8', 'ticket of token-1', 'write generation 8'],
      { number: 8 },
    ],
    [
      'a token without a ticket',
      () => ({ current: stage.generation(7, 20 * MINUTE), pending: stage.token(8, 10 * SECOND) }),
      ['ticket of stored-token-8', 'write generation 8'],
      { number: 8, contested: true },
    ],
    [
      'a token without a ticket whose overlap is long over',
      () => ({ pending: stage.token(8, HOUR) }),
      ['ticket of stored-token-8', 'write generation 8'],
      { number: 8, contested: true },
    ],
    [
      'a token without a ticket that has ended',
      () => ({ pending: stage.token(8, 2 * HOUR) }),
      ['write mark', 'token', 'write token 9', 'ticket of token-1', 'write generation 9'],
      { number: 9, contested: true },
    ],
    [
      'a token of which nobody knows when it ends: the clock was set back',
      () => ({ pending: stage.token(8, -MINUTE) }),
      ['write mark', 'token', 'write token 9', 'ticket of token-1', 'write generation 9'],
      { number: 9, contested: true },
    ],
    [
      'a token request that nobody has the answer of',
      () => ({ current: stage.generation(7, 20 * MINUTE), ...mark(5 * SECOND) }),
      ['write mark', 'token', 'write token 8', 'ticket of token-1', 'write generation 8'],
      { number: 8, contested: true },
    ],
    [
      'what another secret has made: it stays until the vendor has accepted this one',
      () => ({ current: stage.generation(7), secretFingerprint: 'another' }),
      ['token', 'write token 8', 'ticket of token-1', 'write generation 8'],
      { number: 8 },
    ],
    [
      'a token that another secret has made',
      () => ({ pending: stage.token(8), secretFingerprint: 'another' }),
      ['token', 'write token 9', 'ticket of token-1', 'write generation 9'],
      { number: 9 },
    ],
    [
      'the highest number that there is',
      () => ({ current: stage.generation(HIGHEST_NUMBER - 1, 20 * MINUTE) }),
      ['write mark', 'token', 'write token 1', 'ticket of token-1', 'write generation 1'],
      { number: 1 },
    ],
  ])('%s', async (_what, stored, steps, { number, contested }) => {
    const content = stored();
    if (content) await stage.store.put(stage.record(content));
    await expect(stage.run(process)).resolves.toMatchObject({ thrown: undefined });
    expect(stage.trace).toEqual(steps);
    const record = (await stage.store.stored())!;
    expect(record).toMatchObject({ secretFingerprint: 'fingerprint', current: { number } });
    expect(record.current?.contested).toBe(contested);
    for (const left of ['pending', 'unanswered', 'failed', 'rejectedId', 'forcedAtMs', 'writtenBackAtMs'] as const) {
      expect(record[left]).toBeUndefined();
    }
    expect(process.cache.valid?.record).toMatchObject({ id: record.current?.id, number: record.current?.number });
    expect(typesOf(process)).toContain('credentials-updated');
  });

  it('what may have been ended by a lost request is told apart from what comes after it', async () => {
    await stage.store.put(stage.record(mark(5 * SECOND)));
    await stage.run(process);
    expect((await stage.store.stored())?.current).toMatchObject({ number: 1, contested: true });
    stage.clock.advance(20 * MINUTE);
    await stage.run(process);
    expect((await stage.store.stored())?.current).toMatchObject({ number: 2 });
    expect((await stage.store.stored())?.current?.contested).toBeUndefined();
  });

  it('marks keep the moment of the first request that was lost', async () => {
    await stage.store.put(stage.record(mark(5 * SECOND)));
    const { sinceMs } = (await stage.store.stored())!.unanswered!;
    let marked: TicketRecord | undefined;
    stage.auth.onToken = async () => void (marked = await stage.store.stored());
    await stage.run(process);
    expect(marked?.unanswered?.sinceMs).toBe(sinceMs);
    expect(marked?.unanswered?.by).not.toBe('another');
  });

  it('what is held counts on, although the store has lost it and cannot be written by a look', async () => {
    process.cache.adopt(stage.record({ current: stage.generation(41, HOUR - SECOND) }));
    stage.clock.advance(SECOND);
    await stage.run(process);
    expect((await stage.store.stored())?.current?.number).toBe(42);
    expect((await stage.store.stored())?.earlier).toMatchObject([{ number: 41 }]);
  });

  it('what cannot be decrypted is counted on from', async () => {
    const seal = (byte: number) => new RecordSeal(createSecretKey(Buffer.alloc(32, byte)), 'app', stage.random);
    await stage.store.put(seal(1).seal(stage.record({ current: stage.generation(7) })));
    const other = stage.aProcess({ seal: seal(2) });
    await stage.run(other, { reason: 'initial' });
    expect(other.cache.valid?.record.number).toBe(8);
    expect(typesOf(other)).toContain('credentials-unreadable');
  });

  it.each(['tokenLifeMs', 'ticketLifeMs'] as const)('no %s counts for less than an overlap', async (life) => {
    stage.auth[life] = 1;
    await stage.run(process);
    expect((await stage.store.stored())?.current?.[life]).toBe(MINUTE);
  });
});

describe('the wall clock is set back in the middle of a refresh', () => {
  it.each(['onToken', 'onTicket'] as const)('%s: other processes can use what is stored', async (when) => {
    const other = stage.aProcess();
    await stage.store.put(stage.record({ current: stage.generation(1, 30 * MINUTE) }));
    stage.auth[when] = () => stage.clock.shiftWallClock(-800 * SECOND);
    await expect(stage.run(process)).resolves.toMatchObject({ thrown: undefined });
    const { current } = (await stage.store.stored())!;
    expect(current!.tokenRequestedAtMs).toBeLessThanOrEqual(stage.clock.now());
    expect(current!.ticketRequestedAtMs).toBeLessThanOrEqual(stage.clock.now());
    await other.refresher.sync();
    expect(other.cache.valid?.record.id).toBe(process.cache.valid?.record.id);
    expect(process.cache.valid?.record.number).toBe(2);
  });

  it('and its ticket fails: another process gets it, with the same token', async () => {
    stage.auth.onToken = () => stage.clock.shiftWallClock(-800 * SECOND);
    stage.auth.nextTickets.push('lost');
    await stage.run(process);
    stage.auth.onToken = () => undefined;
    stage.clock.advance(2 * SECOND);
    await stage.run(stage.aProcess(), { attempt: 2 });
    expect(stage.auth.ticketCalls.map(({ accessToken }) => accessToken)).toEqual(['token-1', 'token-1']);
  });
});

describe('a token that waits for its ticket, and is refused', () => {
  const OTHER = ['ticket of stored-token-2', 'token', 'ticket of token-1'];

  it('is replaced when the overlap ends while the refusal is on its way: a timer may have been early', async () => {
    await stage.store.put(
      stage.record({ current: stage.generation(1, 30 * MINUTE), pending: stage.token(2, MINUTE - 1) }),
    );
    stage.auth.nextTickets.push('rejected');
    stage.auth.onTicket = () => {
      stage.auth.onTicket = () => undefined;
      stage.clock.advance(2);
    };
    await stage.run(process);
    expect(stage.trace.filter((what) => !what.startsWith('write'))).toEqual(OTHER);
  });

  it.each<[number, AuthOutcome, boolean]>([
    [10 * SECOND, 'rejected', false],
    [10 * SECOND, 'denied', false],
    [10 * SECOND, 'incomplete', false],
    [MINUTE - 1, 'rejected', false],
    [MINUTE, 'rejected', true],
    [MINUTE, 'denied', true],
    [MINUTE, 'incomplete', true],
    // It may help to ask again, and a token that is not needed would end what others hold.
    [MINUTE, 'limited', false],
    [MINUTE, 'faulty', false],
    [MINUTE, 'http-503', false],
    [MINUTE, 'lost', false],
    [MINUTE, 'refused', false],
    [MINUTE, 'unreadable', false],
  ])('after %d ms with %s: whether another one is asked for: %s', async (ageMs, outcome, isReplaced) => {
    await stage.store.put(stage.record({ current: stage.generation(1, 30 * MINUTE), pending: stage.token(2, ageMs) }));
    stage.auth.nextTickets.push(outcome);
    const { thrown } = await stage.run(process);
    expect(stage.trace.filter((what) => !what.startsWith('write'))).toEqual(isReplaced ? OTHER : OTHER.slice(0, 1));
    const record = await stage.store.stored();
    if (isReplaced) {
      expect(record).toMatchObject({ current: { number: 3, accessToken: 'token-1', contested: true } });
      expect(process.events).toContainEqual({
        ...{ type: 'pending-token-refused', generation: 2, vendorCode: expect.any(String) as string },
      });
    } else {
      expect(thrown).toMatchObject({ error: { message: outcome } });
      expect(record?.pending?.accessToken).toBe('stored-token-2');
    }
  });

  it('has begun to end what came before, also when the new one is refused too', async () => {
    const pending = stage.token(2, MINUTE);
    await stage.store.put(stage.record({ current: stage.generation(1, 2 * MINUTE), pending }));
    stage.auth.nextTickets.push('rejected');
    stage.auth.token = 'denied';
    await stage.run(process);
    const record = await stage.store.stored();
    expect(record?.pending).toBeUndefined();
    expect(record?.unanswered?.sinceMs).toBe(pending.tokenRequestedAtMs);
  });
});

describe('a token request that fails', () => {
  const before = () => stage.record({ current: stage.generation(1, 5 * MINUTE) });

  it.each<[AuthOutcome, boolean]>([
    ['http-503', true],
    ['lost', true],
    ['unreadable', true],
    ['too-large', true],
    ['incomplete', true],
    ['faulty', true],
    ['refused', false],
    ['dns', false],
    ['rejected', false],
    ['denied', false],
    ['limited', false],
  ])('with %s: whether the vendor may have carried it out: %s', async (outcome, isPossible) => {
    await stage.store.put(before());
    process.cache.adopt(before());
    stage.auth.nextTokens.push(outcome);
    const { thrown } = await stage.run(process, REJECTED);
    expect(thrown).toMatchObject({ error: { message: outcome } });
    const record = await stage.store.stored();
    expect(record?.unanswered !== undefined).toBe(isPossible);
    expect(record?.forcedAtMs !== undefined).toBe(isPossible);
    expect(typesOf(process).includes('token-request-in-doubt')).toBe(isPossible);
    // The generation before it is served on.
    expect(record?.current?.number).toBe(1);

    // One that ended nothing does not count as a forced one; one that may have is made up for by a refresh that is none.
    stage.clock.advance(isPossible ? MINUTE : SECOND);
    await stage.run(process, REJECTED);
    expect(process.events.filter(({ type }) => type === 'refresh-started')).toMatchObject([
      { forced: true },
      { forced: !isPossible },
    ]);
    expect((await stage.store.stored())?.current?.contested).toBe(isPossible || undefined);
  });

  it('is not retried sooner than an overlap when the response cannot be read, and says so to nobody else', async () => {
    stage.auth.token = 'incomplete';
    const { thrown } = await stage.run(process);
    const { error } = thrown as { error: Record<string, unknown> };
    expect(error).toMatchObject({
      code: 'RESPONSE_MALFORMED',
      retryable: false,
      retryAfterMs: MINUTE,
      vendorCode: '0',
    });
  });

  it('leaves a mark of others as it was when the vendor refuses in its own words', async () => {
    await stage.store.put(stage.record(mark(5 * SECOND)));
    const { unanswered } = (await stage.store.stored())!;
    stage.auth.token = 'limited';
    await stage.run(process);
    expect((await stage.store.stored())?.unanswered).toEqual(unanswered);
  });

  it('keeps its mark when the store cannot take it back: that costs one refresh', async () => {
    stage.auth.token = 'limited';
    stage.auth.onToken = () => void stage.store.down.add('write');
    const { thrown } = await stage.run(process);
    expect(thrown).toMatchObject({ error: { code: 'RATE_LIMITED' } });
    expect((await stage.store.stored())?.unanswered).toBeDefined();
  });
});

describe('a ticket request that fails', () => {
  it.each<[AuthOutcome]>([
    ['http-503'],
    ['lost'],
    ['unreadable'],
    ['incomplete'],
    ['rejected'],
    ['refused'],
    ['denied'],
  ])('with %s leaves the token, whose ticket is asked for next, also when the store has lost it', async (outcome) => {
    stage.auth.nextTickets.push(outcome, outcome);
    await stage.run(process);
    expect((await stage.store.stored())?.pending?.accessToken).toBe('token-1');
    stage.clock.advance(2 * SECOND);
    await stage.run(process, { attempt: 2 });
    await stage.store.put(undefined);
    stage.clock.advance(3 * SECOND);
    await stage.run(process, { attempt: 3 });
    expect(stage.auth.tokenCalls).toHaveLength(1);
    expect(await stage.store.stored()).toMatchObject({
      current: { number: 1, signTicket: 'ticket-3', contested: true },
    });
  });

  it.each<[string, (pending: TicketRecord['pending']) => Partial<TicketRecord> | undefined]>([
    ['has been asked for since by somebody', () => ({ unanswered: { sinceMs: stage.clock.now(), by: 'another' } })],
    ['another secret has written', () => ({ secretFingerprint: 'another' })],
    ['another process has refreshed', () => ({ current: stage.generation(1, 30 * MINUTE) })],
  ])('a token that the store has lost is not used when %s', async (_what, stored) => {
    stage.auth.nextTickets.push('lost');
    await stage.run(process);
    const { pending } = (await stage.store.stored())!;
    await stage.store.put({ ...stage.record(stored(pending)), writeId: 'of another' });
    stage.clock.advance(2 * SECOND);
    await stage.run(process, { attempt: 2 });
    expect(stage.auth.ticketCalls.map(({ accessToken }) => accessToken)).toEqual(['token-1', 'token-2']);
  });
});

describe('a forced refresh', () => {
  it.each<[string, () => Partial<TicketRecord>, number | undefined, boolean]>([
    ['none was forced before', () => ({}), undefined, true],
    ['one was forced a second ago', () => ({ forcedAtMs: stage.clock.now() - SECOND }), 59 * SECOND, true],
    ['one was forced almost an overlap ago', () => ({ forcedAtMs: stage.clock.now() - MINUTE + 1 }), 1, true],
    ['one was forced an overlap ago', () => ({ forcedAtMs: stage.clock.now() - MINUTE }), undefined, true],
    [
      'one was forced by a clock that was set back',
      () => ({ forcedAtMs: stage.clock.now() + MINUTE }),
      undefined,
      true,
    ],
    [
      'one was forced a second ago, and a token waits',
      () => ({ forcedAtMs: stage.clock.now() - SECOND, pending: stage.token(2, SECOND) }),
      undefined,
      false,
    ],
    [
      'one was forced a second ago, and its answer was lost',
      () => ({ forcedAtMs: stage.clock.now() - SECOND, ...mark() }),
      undefined,
      false,
    ],
  ])('%s', async (_what, change, retryAfterMs, forced) => {
    for (const request of [REJECTED, { ...REJECTED, reason: 'requested' }] satisfies Partial<RefreshRequest>[]) {
      stage = new RefreshStage();
      process = stage.aProcess();
      const stored = stage.record({ current: stage.generation(1, 5 * MINUTE), ...change() });
      await stage.store.put(stored);
      const { thrown } = await stage.run(process, request);
      if (retryAfterMs === undefined) {
        expect(thrown).toBeUndefined();
        expect(process.events).toContainEqual({ type: 'refresh-started', reason: request.reason, attempt: 1, forced });
        const recorded = forced ? stage.clock.now() : stored.forcedAtMs;
        expect((await stage.store.stored())?.forcedAtMs).toBe(recorded);
      } else {
        expect(thrown).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs });
        expect(stage.trace).toEqual([]);
        expect(typesOf(process)).not.toContain('refresh-started');
      }
    }
  });

  it.each<[string, Partial<RefreshRequest>]>([
    ['due', {}],
    ['the first', { reason: 'initial' }],
  ])('is not one that is %s, however long ago the last forced one was', async (_what, request) => {
    await stage.store.put(stage.record({ current: stage.generation(1, HOUR), forcedAtMs: stage.clock.now() - SECOND }));
    await expect(stage.run(process, request)).resolves.toMatchObject({ thrown: undefined });
  });

  it('is remembered by its process though the store has lost everything', async () => {
    await stage.store.put(stage.record({ current: stage.generation(1, 5 * MINUTE) }));
    await stage.run(process, REJECTED);
    const forcedAtMs = stage.clock.now();
    await stage.store.put(undefined);
    stage.clock.advance(30 * SECOND);
    const { generationId: replaces } = process.cache.valid!.credentials;
    const { thrown } = await stage.run(process, { reason: 'rejected', replaces });
    expect(thrown).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 30 * SECOND - 3_500 });
    expect((await stage.store.stored())?.forcedAtMs).toBe(forcedAtMs);
  });

  it('does not count when it could not be marked, so that nothing was asked', async () => {
    await stage.store.put(stage.record({ current: stage.generation(1, 5 * MINUTE) }));
    stage.store.down.add('write');
    await stage.run(process, REJECTED);
    stage.store.down.clear();
    await expect(stage.run(process, REJECTED)).resolves.toMatchObject({ thrown: undefined });
    expect(stage.auth.tokenCalls).toHaveLength(1);
  });
});

describe('whoever loses the lease', () => {
  it('before the token asks the vendor for nothing, and leaves the mark', async () => {
    const written = () => stage.trace.includes('write mark');
    stage.store.before = async (operation) => {
      if (operation === 'write' && !written()) queueMicrotask(() => void stage.store.loseLease());
    };
    const { thrown } = await stage.run(process);
    expect(thrown).toMatchObject({ message: 'the lease is lost' });
    expect(stage.trace).toEqual(['write mark']);
    expect((await stage.store.stored())?.unanswered).toBeDefined();
  });

  it('while the token is on its way gives it up, and knows that it may have been given', async () => {
    stage.auth.token = 'hangs';
    stage.auth.onToken = () => stage.store.loseLease();
    const { thrown } = await stage.run(process);
    expect(thrown).toMatchObject({ message: 'the lease is lost' });
    expect(stage.trace).toEqual(['write mark', 'token']);
    expect((await stage.store.stored())?.unanswered).toBeDefined();
    expect(typesOf(process)).toContain('token-request-in-doubt');
  });

  it('with the token does not ask for its ticket', async () => {
    stage.store.before = async (operation) => {
      if (operation === 'write' && stage.trace.includes('token')) queueMicrotask(() => void stage.store.loseLease());
    };
    const { thrown } = await stage.run(process);
    expect(thrown).toMatchObject({ message: 'the lease is lost' });
    expect(stage.trace.filter((what) => what.startsWith('ticket'))).toEqual([]);
  });
});

describe('somebody else writes meanwhile', () => {
  type Other = () => Promise<void>;
  const putsNewer: Other = () =>
    stage.store.change({ current: stage.generation(9), pending: undefined, unanswered: undefined });
  const marks: Other = () => stage.store.change({ unanswered: { sinceMs: stage.clock.now(), by: 'another' } });
  const getsToken: Other = () => stage.store.change({ pending: stage.token(9), unanswered: undefined });
  const ofOtherSecret: Other = () => stage.store.change({ secretFingerprint: 'another' });
  const putsBack: Other = () =>
    stage.store.change({ current: stage.generation(9, 10 * MINUTE), unanswered: undefined });
  const empties: Other = () => stage.store.put(undefined);
  const wishes: Other = () => stage.store.change({ rejectedId: 'generation-1' });

  it.each<[string, Other, boolean]>([
    ['a newer generation', putsNewer, true],
    ['a mark of its own', marks, true],
    ['a token', getsToken, true],
    ['with another secret', ofOtherSecret, true],
    ['an older generation that the store had lost', putsBack, false],
    ['nothing, but the store was emptied', empties, false],
    ['the wish of a reader', wishes, false],
  ])('%s: whether it has taken over', async (_what, other, isTakenOver) => {
    for (const when of ['onToken', 'onTicket'] as const) {
      stage = new RefreshStage();
      process = stage.aProcess();
      await stage.store.put(stage.record({ current: stage.generation(1, 30 * MINUTE) }));
      stage.auth[when] = other;
      const { thrown } = await stage.run(process);
      const record = await stage.store.stored();
      expect(stage.auth.ticketCalls).toHaveLength(isTakenOver && when === 'onToken' ? 0 : 1);
      if (isTakenOver) {
        expect(thrown).toMatchObject({ name: 'StaleWriteError' });
        // The two tokens end each other, and a mark of nobody's own says so. What another secret has made is left alone.
        const isForeign = other === ofOtherSecret;
        expect(typesOf(process).includes('refresh-conflict')).toBe(!isForeign);
        if (!isForeign) expect(record?.unanswered).toBeDefined();
        expect(record?.current?.accessToken).not.toBe('token-1');
      } else {
        expect(thrown).toBeUndefined();
        // Counted on from what was there when the ticket was asked for; later looks of others see to the rest.
        const number = other === putsBack && when === 'onToken' ? 10 : 2;
        expect(record?.current).toMatchObject({ accessToken: 'token-1', number });
        expect(record?.pending ?? record?.unanswered ?? record?.rejectedId).toBeUndefined();
      }
      // What came is used at once, stored or not.
      if (when === 'onTicket') expect(process.cache.valid?.record.accessToken).toBe('token-1');
    }
  });

  it('a ticket for the very token that waits: the two tickets end each other, and one more refresh is wanted', async () => {
    await stage.store.put(stage.record({ current: stage.generation(1, 30 * MINUTE), pending: stage.token(2, MINUTE) }));
    const { accessToken, ...token } = stage.token(2, MINUTE);
    const current = { ...stage.generation(2, 0), ...token, accessToken, id: 'of another' };
    stage.auth.onTicket = () => stage.store.change({ current, pending: undefined });
    await expect(stage.run(process)).resolves.toMatchObject({ thrown: { name: 'StaleWriteError' } });
    const record = await stage.store.stored();
    expect(record?.current?.id).toBe('of another');
    expect(record?.unanswered).toBeDefined();
    expect(typesOf(process)).toContain('refresh-conflict');
  });

  it('and whoever was taken over asks for a token again, not for the ticket of the one that has ended', async () => {
    await stage.store.put(stage.record({ current: stage.generation(1, 30 * MINUTE) }));
    stage.auth.onToken = putsNewer;
    await stage.run(process);
    stage.auth.onToken = () => undefined;
    await stage.run(process);
    expect(stage.auth.ticketCalls.map(({ accessToken }) => accessToken)).toEqual(['token-2']);
    expect((await stage.store.stored())?.current).toMatchObject({ number: 10, accessToken: 'token-2' });
  });
});

describe('a store that could not be told what was asked for, and has what another process asked for', () => {
  it.each<[string, AuthOutcome, AuthOutcome, number, boolean]>([
    // What: how the token and the ticket end, how much later the other one has asked, whether they have ended each other.
    ['at the same time', 'issued', 'issued', 0, true],
    ['a moment later', 'issued', 'issued', 2 * SECOND, true],
    ['a moment sooner', 'issued', 'issued', -2 * SECOND, true],
    ['after that', 'issued', 'issued', 4 * SECOND, false],
    ['before that', 'issued', 'issued', -4 * SECOND, false],
    ['at the same time as for a token that has no ticket', 'issued', 'lost', 0, true],
    ['at the same time as for a token whose response was lost', 'lost', 'issued', 0, true],
    ['at the same time as the vendor refused the token', 'denied', 'issued', 0, false],
  ])('%s', async (_what, token, ticket, laterByMs, isSuspect) => {
    for (const kind of ['current', 'pending'] as const) {
      stage = new RefreshStage();
      process = stage.aProcess();
      await stage.store.put(stage.record({ current: stage.generation(1, 30 * MINUTE) }));
      stage.auth.nextTokens.push(token);
      stage.auth.nextTickets.push(ticket);
      stage.auth.onToken = () => void stage.store.down.add('write').add('read');
      await stage.run(process);
      stage.store.down.clear();
      stage.clock.advance(10 * SECOND);
      const ofOther = { pending: undefined, unanswered: undefined, failed: undefined };
      const made =
        kind === 'current' ? stage.generation(2, 10 * SECOND - laterByMs) : stage.token(2, 10 * SECOND - laterByMs);
      await stage.store.change({ ...ofOther, [kind]: made });
      await process.refresher.sync();
      expect((await stage.store.stored())?.unanswered !== undefined).toBe(isSuspect);
      expect(typesOf(process).filter((type) => type === 'refresh-conflict')).toHaveLength(isSuspect ? 1 : 0);
      // That is said once: one more refresh follows, whoever makes it.
      await stage.store.change({ unanswered: undefined });
      await process.refresher.sync();
      expect((await stage.store.stored())?.unanswered).toBeUndefined();
    }
  });
});

describe('a store that fails', () => {
  it('before the token was asked for: the vendor is asked for nothing', async () => {
    stage.store.down.add('write');
    await expect(stage.run(process)).resolves.toMatchObject({ thrown: { name: 'StoreUnavailableError' } });
    expect(stage.trace).toEqual([]);
  });

  it.each<[string, 'onToken' | 'onTicket']>([
    ['while the token is on its way', 'onToken'],
    ['while the ticket is on its way', 'onTicket'],
  ])('%s: what comes is used, and stored by the next look', async (_when, when) => {
    await stage.store.put(stage.record({ current: stage.generation(1, 30 * MINUTE) }));
    stage.auth[when] = () => void stage.store.down.add('write').add('read');
    await expect(stage.run(process)).resolves.toMatchObject({ thrown: undefined });
    expect(process.cache.valid?.record).toMatchObject({ number: 2, accessToken: 'token-1' });
    expect((await stage.store.stored())?.current?.number).toBe(1);
    stage.store.down.clear();
    await process.refresher.sync();
    expect(await stage.store.stored()).toMatchObject({ current: { number: 2, accessToken: 'token-1' } });
    const { pending, unanswered } = (await stage.store.stored())!;
    expect([pending, unanswered]).toEqual([undefined, undefined]);
    expect(stage.auth.tokenCalls).toHaveLength(1);
  });

  it('while the token is on its way, and the ticket fails too: the ticket of that token is asked for next', async () => {
    stage.auth.onToken = () => void stage.store.down.add('write').add('read');
    stage.auth.nextTickets.push('lost');
    await stage.run(process);
    stage.store.down.clear();
    stage.auth.onToken = () => undefined;
    await stage.run(process, { attempt: 2 });
    expect(stage.auth.ticketCalls.map(({ accessToken }) => accessToken)).toEqual(['token-1', 'token-1']);
    expect(await stage.store.stored()).toMatchObject({ current: { number: 1, contested: true } });
  });

  it.each(['write', 'lease'] as const)(
    'after a %s that it has carried out: nothing is done twice',
    async (operation) => {
      stage.store.unheard.add(operation);
      const work = stage.run(process);
      if (operation === 'lease')
        await expect(work).resolves.toMatchObject({ thrown: { name: 'StoreUnavailableError' } });
      else await expect(work).resolves.toMatchObject({ thrown: undefined });
      expect(stage.auth.tokenCalls).toHaveLength(operation === 'write' ? 1 : 0);
    },
  );
});

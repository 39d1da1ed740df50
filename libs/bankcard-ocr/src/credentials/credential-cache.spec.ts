import { behindMs, CachedCredentials } from './credential-lifetime.js';
import type { CredentialCache } from './credential-cache.js';
import { HOUR, MINUTE, RefreshStage, SECOND } from './refresh-stage.test-support.js';
import type { TicketEvent } from './ticket-event.js';
import type { TicketRecord } from './ticket-record.js';

let stage: RefreshStage;
let held: CredentialCache;
let events: TicketEvent[];

beforeEach(() => {
  stage = new RefreshStage();
  ({ cache: held, events } = stage.parts());
});

const store = (number: number, ageMs: number) => held.adopt(stage.record({ current: stage.generation(number, ageMs) }));

function fetch(number: number, ageMs = 0): void {
  const at = stage.clock.monotonic() - ageMs;
  held.replace(new CachedCredentials(stage.generation(number, ageMs), at, at, behindMs(stage.clock)));
}

describe('whether credentials are used, due and perhaps ended, by their age', () => {
  const ALL = { valid: true, fresh: true, mayHaveEnded: false };
  const DUE = { valid: true, fresh: false, mayHaveEnded: false };
  const DOUBT = { valid: true, fresh: false, mayHaveEnded: true };
  const ENDED = { valid: false, fresh: false, mayHaveEnded: false };

  it.each<[string, number, number, object]>([
    // What: time that passed, what the wall clock leapt besides (as that of a machine that was suspended does).
    ['just fetched', 0, 0, ALL],
    ['almost due', 20 * MINUTE - 1, 0, ALL],
    ['due', 20 * MINUTE, 0, DUE],
    ['almost ended', HOUR - 1, 0, DUE],
    ['ended', HOUR, 0, ENDED],
    ['the wall clock leapt, not as far as the interval', MINUTE, 19 * MINUTE - 1, ALL],
    ['the wall clock leapt beyond the interval', MINUTE, 19 * MINUTE, DUE],
    ['the wall clock leapt to almost the end', MINUTE, 59 * MINUTE - 1, DUE],
    ['the wall clock leapt beyond the end', MINUTE, 59 * MINUTE, DOUBT],
    ['the wall clock leapt by a day', 0, 24 * HOUR, DOUBT],
    ['the wall clock was set back', MINUTE, -5 * HOUR, ALL],
    ['the wall clock was set back, and they are due', 20 * MINUTE, -5 * HOUR, DUE],
    ['the wall clock was set back, and they have ended', HOUR, -5 * HOUR, ENDED],
  ])('%s', (_what, passedMs, leaptMs, is) => {
    for (const take of [() => fetch(1), () => store(1, 0)]) {
      stage = new RefreshStage();
      ({ cache: held, events } = stage.parts());
      take();
      stage.clock.advance(passedMs);
      stage.clock.shiftWallClock(leaptMs);
      const { mayHaveEnded } = held;
      expect({ valid: held.valid !== undefined, fresh: held.fresh !== undefined, mayHaveEnded }).toEqual(is);
      expect(stage.clock.monotonic() >= held.dueAt).toBe(held.fresh === undefined);
      expect(held.latest?.record.number).toBe(1);
    }
  });

  it('without any: nothing to use, and due now', () => {
    expect([held.latest, held.valid, held.fresh, held.mayHaveEnded]).toEqual([undefined, undefined, undefined, false]);
    expect(held.dueAt).toBe(stage.clock.monotonic());
  });

  it('what leapt while a response was on its way counts from when it was asked for', () => {
    const { clock } = stage;
    const record = stage.generation(1);
    const [at, behind] = [clock.monotonic(), behindMs(clock)];
    clock.shiftWallClock(2 * HOUR);
    held.replace(new CachedCredentials(record, at, at, behind));
    expect([held.fresh, held.mayHaveEnded]).toEqual([undefined, true]);
  });

  it('they are due a little earlier at random, and never later', () => {
    stage.random.next = () => 0.999_999;
    fetch(1);
    const untilDueMs = held.dueAt - stage.clock.monotonic();
    expect(untilDueMs).toBeGreaterThanOrEqual(20 * MINUTE - SECOND);
    expect(untilDueMs).toBeLessThan(20 * MINUTE - SECOND + 1);
  });
});

describe('what this process has fetched, while another one has fetched as well: the store had lost the lease', () => {
  /** Age of the token and of the ticket that the other one has asked for. */
  it.each<[string, string, number, number, boolean]>([
    ['a ticket of the same token, asked for later', 'stored-token-1', 3 * SECOND, SECOND, false],
    ['a ticket of the same token, asked for sooner', 'stored-token-1', 3 * SECOND, 2 * SECOND + 1, true],
    ['a token that was asked for later', 'another', -SECOND, -SECOND, false],
    ['a token that was asked for at about the same time, before or after', 'another', 2 * SECOND, SECOND, true],
    ['a token that was asked for sooner, whose ticket was asked for later', 'another', 8 * SECOND, SECOND, true],
  ])('%s', (_what, accessToken, tokenAgeMs, ticketAgeMs, isUsed) => {
    const { clock } = stage;
    fetch(1, MINUTE);
    const ours = stage.generation(2, 3 * SECOND, { id: 'ours', accessToken: 'stored-token-1' });
    const at = clock.monotonic() - 3 * SECOND;
    const current = stage.generation(2, Math.max(0, tokenAgeMs), {
      accessToken,
      ticketRequestedAtMs: clock.now() - Math.max(0, ticketAgeMs),
    });
    clock.advance(2 * SECOND);
    if (tokenAgeMs < 0) Object.assign(current, { tokenRequestedAtMs: clock.now(), ticketRequestedAtMs: clock.now() });
    held.adopt(stage.record({ current }));
    held.replace(new CachedCredentials({ ...ours, number: 3 }, at, at + SECOND, behindMs(clock)));
    expect(held.latest?.record.id).toBe(isUsed ? 'ours' : 'generation-2');
  });
});

describe('what is taken from a store, by what is held', () => {
  const another = { secretFingerprint: 'another' };

  it.each<[string, [number, number] | undefined, () => TicketRecord | undefined, number | undefined, boolean]>([
    // What: number and age of what is held, the record, the number afterwards, and whether it was taken.
    ['nothing, from nothing', undefined, () => undefined, undefined, false],
    ['the first', undefined, () => stage.record({ current: stage.generation(3, MINUTE) }), 3, true],
    ['nothing that has ended', undefined, () => stage.record({ current: stage.generation(3, HOUR) }), undefined, false],
    [
      'nothing from the future',
      undefined,
      () => stage.record({ current: stage.generation(3, -MINUTE) }),
      undefined,
      false,
    ],
    [
      'nothing of another secret',
      undefined,
      () => stage.record({ current: stage.generation(3), ...another }),
      undefined,
      false,
    ],
    ['a newer one', [3, MINUTE], () => stage.record({ current: stage.generation(4) }), 4, true],
    ['not an older one', [3, MINUTE], () => stage.record({ current: stage.generation(2, HOUR / 2) }), 3, false],
    [
      'one with a higher number, though it looks older: clocks are set',
      [3, MINUTE],
      () => stage.record({ current: stage.generation(9, HOUR / 2) }),
      9,
      true,
    ],
    [
      'a newer one with a lower number: numbers never go back',
      [9, MINUTE],
      () => stage.record({ current: stage.generation(1) }),
      10,
      true,
    ],
    [
      'the higher number of the same',
      [3, MINUTE],
      () => stage.record({ current: { ...stage.generation(3, MINUTE), number: 7 } }),
      7,
      false,
    ],
    [
      'not the lower number of the same',
      [7, MINUTE],
      () => stage.record({ current: { ...stage.generation(7, MINUTE), number: 3 } }),
      7,
      false,
    ],
    ['not nothing', [3, MINUTE], () => undefined, 3, false],
  ])('%s', (_what, before, record, number, isTaken) => {
    if (before) fetch(...before);
    events.length = 0;
    held.adopt(record());
    expect(held.latest?.record.number).toBe(number);
    expect(held.latest?.credentials.generation).toBe(number);
    const adopted = events.filter(({ type }) => type === 'credentials-updated');
    expect(adopted).toMatchObject(isTaken ? [{ generation: number, source: 'store' }] : []);
  });

  it.each<[string, () => Partial<TicketRecord>, boolean]>([
    ['nobody has begun anything', () => ({}), false],
    ['a token waits for its ticket', () => ({ pending: stage.token(2) }), true],
    ['a token was asked for', () => ({ unanswered: { sinceMs: 0, by: 'another' } }), true],
    ['another secret has begun something', () => ({ pending: stage.token(2), ...another }), false],
  ])('whether it is being replaced: %s', (_what, change, isBeingReplaced) => {
    fetch(1);
    held.adopt(stage.record(change()));
    expect(held.isBeingReplaced).toBe(isBeingReplaced);
    held.adopt(undefined);
    expect(held.isBeingReplaced).toBe(false);
  });

  it('another secret is told of once', () => {
    const record = () => stage.record({ current: stage.generation(3), ...another });
    held.adopt(record());
    held.adopt(record());
    expect(events).toEqual([{ type: 'secret-changed' }]);
    held.adopt(stage.record({ secretFingerprint: 'a third' }));
    expect(events).toHaveLength(2);
  });
});

describe('what a store has lost of what is held', () => {
  /** Of another refresh that was under way at the same time: older, or so it seems by a clock that was set. */
  const rival = () => stage.generation(3, 10 * MINUTE, { id: 'rival', accessToken: 'token-of-rival' });
  const markOf = (by: string) => ({ sinceMs: 0, by });

  it.each<[string, () => TicketRecord | undefined, number | undefined]>([
    ['everything', () => undefined, 3],
    ['the generation', () => stage.record(), 3],
    ['nothing', () => stage.record({ current: stage.generation(3, MINUTE) }), undefined],
    ['nothing: it has a newer one', () => stage.record({ current: stage.generation(4) }), undefined],
    ['the number', () => stage.record({ current: { ...stage.generation(3, MINUTE), number: 1 } }), 3],
    [
      'nothing: it has counted on',
      () => stage.record({ current: { ...stage.generation(3, MINUTE), number: 8 } }),
      undefined,
    ],
    ['the newer one', () => stage.record({ current: stage.generation(2, 10 * MINUTE) }), 3],
    [
      'nothing: it has one with a higher number',
      () => stage.record({ current: stage.generation(6, 10 * MINUTE) }),
      undefined,
    ],
    ['nothing: another secret has written', () => stage.record({ secretFingerprint: 'another' }), undefined],
    ['the later one of two with the same number', () => stage.record({ current: rival() }), 4],
    ['the same, and its own mark', () => stage.record({ current: rival(), unanswered: markOf('refresh-3') }), 4],
    [
      'nothing: one more refresh follows, which replaces both',
      () => stage.record({ current: rival(), unanswered: markOf('another') }),
      undefined,
    ],
    [
      'nothing: one more refresh has its token already',
      () => stage.record({ current: rival(), pending: stage.token(4) }),
      undefined,
    ],
  ])('%s', (_what, record, number) => {
    fetch(3, MINUTE);
    expect(held.missingIn(record())?.current?.number).toBe(number);
    stage.clock.advance(HOUR);
    // What has ended is not put back.
    expect(held.missingIn(record())).toBeUndefined();
  });

  it.each([5 * HOUR, -5 * HOUR])(
    'is never dated younger than it is, though the wall clock was moved by %d ms',
    (byMs) => {
      fetch(3, MINUTE);
      stage.clock.shiftWallClock(byMs);
      const { tokenRequestedAtMs } = held.missingIn(undefined)!.current!;
      // A leap forward may be the time for which the machine was suspended.
      expect(stage.clock.now() - tokenRequestedAtMs).toBeGreaterThanOrEqual(MINUTE + Math.max(0, byMs));
    },
  );
});

describe('the tickets that a report may be signed with', () => {
  const texts = () => held.ticketsForVerifying.map((ticket) => ticket.reveal());

  it('are the current one and those before it, newest first, and those that other processes tell of', () => {
    fetch(1);
    stage.clock.advance(20 * MINUTE);
    fetch(2);
    stage.clock.advance(20 * MINUTE);
    const [at, endsAtMs] = [stage.clock.now() - MINUTE, stage.clock.now() + MINUTE];
    const other = { number: 9, id: 'other', signTicket: 'of-others', replacedAtMs: at, endsAtMs };
    held.adopt(stage.record({ earlier: [other] }));
    expect(texts()).toEqual(['stored-ticket-2', 'of-others', 'stored-ticket-1']);
  });

  it('keep one that has ended and could not be replaced for one interval', () => {
    fetch(1);
    stage.clock.advance(HOUR + 20 * MINUTE - 1);
    expect(texts()).toEqual(['stored-ticket-1']);
    stage.clock.advance(1);
    expect(texts()).toEqual([]);
  });

  it('have a stored one that had ended before this process began', () => {
    store(2, HOUR + MINUTE);
    fetch(3);
    expect(texts()).toEqual(['stored-ticket-3', 'stored-ticket-2']);
  });
});

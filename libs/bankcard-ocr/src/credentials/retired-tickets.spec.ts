import { ManualClock } from '../testing/manual-clock.js';
import { RetiredTickets } from './credential-cache.js';
import { behindMs, CachedCredentials } from './credential-lifetime.js';
import type { RetiredTicket } from './ticket-record.js';

const INTERVAL_MS = 1_000;
const LIFE_MS = 3_000;

let clock: ManualClock;
beforeEach(() => void (clock = new ManualClock()));

function kept(verifyWindowMs?: number): RetiredTickets {
  return new RetiredTickets(clock, INTERVAL_MS, verifyWindowMs);
}

/** A generation whose token and ticket were asked for just now. */
function generation(number: number): CachedCredentials {
  const now = clock.now();
  const lives = { tokenRequestedAtMs: now, tokenLifeMs: 2 * LIFE_MS, ticketRequestedAtMs: now, ticketLifeMs: LIFE_MS };
  const record = { number, id: `id-${number}`, accessToken: 'token', signTicket: `ticket-${number}`, ...lives };
  return new CachedCredentials(record, clock.monotonic(), clock.monotonic(), behindMs(clock));
}

const textsOf = (tickets: RetiredTickets) => tickets.tickets.map((ticket) => ticket.reveal());

describe('earlier tickets', () => {
  it.each([
    // Replaced at 500: one interval later is 1500, the ticket's own end is 3000.
    ['as long as it would have lived', undefined, 500, 3_000],
    ['at least one interval after its replacement', undefined, 2_500, 3_500],
    ['as long after its replacement as the window says', 5_000, 500, 5_500],
    ['shorter than it would have lived if the window says so', 100, 500, 600],
    ['not at all with a window of 0', 0, 500, 500],
  ])('are kept %s', (_how, verifyWindowMs, replacedAfterMs, untilMs) => {
    const tickets = kept(verifyWindowMs);
    const first = generation(1);
    clock.advance(replacedAfterMs);
    tickets.add(first, clock.monotonic());
    clock.advance(Math.max(0, untilMs - replacedAfterMs - 1));
    expect(textsOf(tickets)).toEqual(untilMs > replacedAfterMs ? ['ticket-1'] : []);
    clock.advance(1);
    expect(textsOf(tickets)).toEqual([]);
    expect(tickets.toRecord()).toBeUndefined();
  });

  it('come newest first, each once, whoever tells of them', () => {
    const tickets = kept();
    for (const number of [1, 2, 3]) {
      tickets.add(generation(number), clock.monotonic());
      clock.advance(10);
    }
    tickets.merge(tickets.toRecord());
    tickets.add(generation(2), clock.monotonic());
    expect(textsOf(tickets)).toEqual(['ticket-3', 'ticket-2', 'ticket-1']);
  });

  it('go to another process and back with the moments that they have', () => {
    const tickets = kept(5_000);
    tickets.add(generation(1), clock.monotonic());
    const recorded = tickets.toRecord();
    expect(recorded).toEqual([
      {
        ...{ number: 1, id: 'id-1', signTicket: 'ticket-1' },
        ...{ replacedAtMs: clock.now(), endsAtMs: clock.now() + LIFE_MS },
      },
    ]);
    const others = kept(5_000);
    others.merge(recorded);
    clock.advance(4_999);
    expect(textsOf(others)).toEqual(['ticket-1']);
    clock.advance(1);
    expect(textsOf(others)).toEqual([]);
  });

  it('are dated by the wall clock as it is set today', () => {
    const tickets = kept();
    tickets.add(generation(1), clock.monotonic());
    clock.shiftWallClock(7_200_000);
    expect(tickets.toRecord()).toMatchObject([{ replacedAtMs: clock.now() }]);
    expect(textsOf(tickets)).toEqual(['ticket-1']);
  });

  it('are 64 at most, the newest ones', () => {
    const tickets = kept(1_000_000);
    const many = Array.from({ length: 100 }, (_, number): RetiredTicket => {
      const replacedAtMs = clock.now() + number;
      return { number, id: `id-${number}`, signTicket: `ticket-${number}`, replacedAtMs, endsAtMs: replacedAtMs };
    });
    tickets.merge(many);
    expect(textsOf(tickets)).toHaveLength(64);
    expect(textsOf(tickets)[0]).toBe('ticket-99');
    tickets.merge(many);
    expect(tickets.toRecord()).toHaveLength(64);
  });

  it('have none to take over where a record has none', () => {
    const tickets = kept();
    tickets.merge(undefined);
    tickets.merge([]);
    expect(textsOf(tickets)).toEqual([]);
  });

  it('include a stored one that ended before anything replaced it, but none whose end is not known', () => {
    const tickets = kept();
    const { record } = generation(1);
    tickets.addEnded(record);
    expect(textsOf(tickets)).toEqual([]);
    clock.advance(LIFE_MS);
    tickets.addEnded(record);
    expect(textsOf(tickets)).toEqual(['ticket-1']);
    clock.advance(INTERVAL_MS);
    expect(textsOf(tickets)).toEqual([]);
  });
});

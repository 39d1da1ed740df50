import type { TicketRecord } from 'nestjs-bankcard-ocr';
import { MINUTE, SECOND } from '../support/moved-time.js';
import { type Player, SharedStage } from '../support/shared-stage.js';

let stage: SharedStage;
let first: Player;
let second: Player;

beforeEach(async () => {
  stage = await SharedStage.begin();
  first = await stage.join();
  second = await stage.join();
});

afterEach(() => stage.end());

const generationOf = ({ tickets }: Player) => tickets.status().generation ?? 0;

describe('a store that was emptied', () => {
  it('gets back what the processes hold, and costs neither a refresh nor a query', async () => {
    const { store, sandbox } = stage;
    const before = store.record?.current;
    store.rollBackTo(undefined);
    await stage.passAndQuery(6 * SECOND, SECOND);
    expect(store.record?.current).toMatchObject({ id: before?.id, number: 1, accessToken: before?.accessToken });
    expect(store.record?.current?.tokenRequestedAtMs).toBe(before?.tokenRequestedAtMs);
    const told = [...first.eventsOf('store-restored'), ...second.eventsOf('store-restored')];
    expect(told).toHaveLength(1);
    await stage.passAndQuery(10 * MINUTE, 30 * SECOND);
    expect(sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1 });
  });

  it('time and again still refreshes once an interval, and numbers never go back', async () => {
    const { store, sandbox } = stage;
    sandbox.configure({ minRefreshIntervalMs: 19 * MINUTE });
    let highest = 0;
    let step = 0;
    await stage.pass(65 * MINUTE, 30 * SECOND, async () => {
      step += 1;
      if (step % 7 === 0) store.rollBackTo(undefined);
      if (step % 19 === 0) store.rollBackTo(store.written.find(({ current }) => current));
      await Promise.all([first.query(), second.query()]);
      expect(Math.min(generationOf(first), generationOf(second))).toBeGreaterThanOrEqual(highest);
      highest = Math.max(generationOf(first), generationOf(second));
    });
    expect(sandbox.calls.accessToken).toBe(4);
    expect(sandbox.violations()).toEqual([]);
    expect(sandbox.rejected).toBe(0);
    expect(first.tickets.status().generationId).toBe(second.tickets.status().generationId);
  });

  it('and was filled by a newcomer, who counts anew: all use what it fetched, under a higher number', async () => {
    const { store, sandbox } = stage;
    await first.tickets.refresh();
    await stage.pass(6 * SECOND, SECOND);
    expect([generationOf(first), generationOf(second)]).toEqual([2, 2]);
    store.rollBackTo(undefined);
    const newcomer = await stage.join();
    await stage.passAndQuery(3 * MINUTE, 10 * SECOND);
    const { generationId } = newcomer.tickets.status();
    for (const { tickets } of [first, second]) {
      expect(tickets.status()).toMatchObject({ generationId, generation: 3 });
    }
    expect(generationOf(newcomer)).toBe(3);
    expect(sandbox.calls.accessToken).toBe(3);
    expect(sandbox.rejected).toBe(0);
  });

  it('forgets neither for itself nor for others that a refresh was forced a moment ago', async () => {
    const { store, sandbox } = stage;
    await first.tickets.refresh();
    await stage.pass(6 * SECOND, SECOND);
    store.rollBackTo(undefined);
    await stage.pass(10 * SECOND, SECOND);
    for (const { tickets } of [first, second]) {
      await expect(tickets.refresh()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    }
    expect(sandbox.calls.accessToken).toBe(2);
    await stage.pass(50 * SECOND, SECOND);
    await expect(second.tickets.refresh()).resolves.toMatchObject({ generation: 3 });
  });

  it('forgets no ticket with which a phone may report late', async () => {
    const { store } = stage;
    const late = (await first.tickets.getCredentials()).signTicket.reveal();
    await first.tickets.refresh();
    await stage.pass(6 * SECOND, SECOND);
    store.rollBackTo(undefined);
    await stage.pass(6 * SECOND, SECOND);
    expect(store.record?.earlier?.map(({ signTicket }) => signTicket)).toEqual([late]);
  });
});

describe('a store that was rolled back to an older record, as by a failover', () => {
  it('is brought up to date before anybody works with what is old', async () => {
    const { store, sandbox } = stage;
    const old = store.record;
    await stage.passAndQuery(21 * MINUTE, MINUTE);
    expect(store.record?.current?.number).toBe(2);
    store.rollBackTo(old);
    await stage.passAndQuery(2 * MINUTE, 10 * SECOND);
    expect(store.record?.current).toMatchObject({ number: 2, id: first.tickets.status().generationId });
    const newcomer = await stage.join();
    expect(newcomer.tickets.status().generationId).toBe(first.tickets.status().generationId);
    expect(sandbox.calls.accessToken).toBe(2);
    expect(sandbox.rejected).toBe(0);
  });

  it('to the middle of a refresh costs at most one refresh, and no query', async () => {
    const { store, sandbox } = stage;
    await stage.passAndQuery(21 * MINUTE, MINUTE);
    const marked = store.written.find(({ revision, unanswered }) => revision > 3 && unanswered);
    expect(marked).toBeDefined();
    store.rollBackTo(marked);
    await stage.passAndQuery(10 * MINUTE, 15 * SECOND);
    expect(sandbox.calls.accessToken).toBeLessThanOrEqual(3);
    expect(sandbox.rejected).toBe(0);
  });
});

describe('a store that is emptied in the middle of a refresh', () => {
  const isMark = ({ unanswered }: TicketRecord) => unanswered !== undefined;
  const isToken = ({ pending }: TicketRecord) => pending !== undefined;
  const isFinished = ({ current }: TicketRecord) => current?.number === 2;

  it.each([
    ['between the mark and the token', isMark],
    ['between the token and the ticket', isToken],
    ['after the ticket', isFinished],
  ])('%s, whether it was due or forced: nothing is asked for twice, and no query fails', async (_when, fits) => {
    const { store, sandbox } = stage;
    let emptied = 0;
    store.afterSwap = (record) => {
      if (!fits(record)) return;
      store.afterSwap = undefined;
      store.rollBackTo(undefined);
      emptied += 1;
    };
    await stage.passAndQuery(21 * MINUTE, MINUTE);
    await stage.passAndQuery(2 * MINUTE, 10 * SECOND);
    expect(emptied).toBe(1);
    expect(sandbox.calls).toMatchObject({ accessToken: 2, apiTicket: 2 });
    expect([generationOf(first), generationOf(second), store.record?.current?.number]).toEqual([2, 2, 2]);
    store.afterSwap = () => {
      store.afterSwap = undefined;
      store.rollBackTo(undefined);
    };
    await second.tickets.refresh();
    await stage.passAndQuery(2 * MINUTE, 10 * SECOND);
    expect(sandbox.calls).toMatchObject({ accessToken: 3, apiTicket: 3 });
    expect(sandbox.rejected).toBe(0);
    expect(sandbox.violations()).toEqual([]);
  });

  it('while the answer is on its way, and everybody puts the old generation back: the new one wins', async () => {
    const { store, sandbox } = stage;
    sandbox.injectFault({ endpoint: 'access_token', kind: 'slow', delayMs: 4 * SECOND, times: 1 });
    const refresh = first.tickets.refresh();
    await stage.rest();
    store.rollBackTo(undefined);
    // The other one waits for the lease, looks meanwhile, and puts back what it holds.
    await stage.pass(500, 250);
    expect(store.record?.current?.number).toBe(1);
    await stage.pass(5 * SECOND, SECOND);
    await expect(refresh).resolves.toMatchObject({ generation: 2 });
    await stage.passAndQuery(2 * MINUTE, 10 * SECOND);
    expect(sandbox.calls).toMatchObject({ accessToken: 2, apiTicket: 2 });
    expect(store.record?.current?.number).toBe(2);
    expect(sandbox.rejected).toBe(0);
  });
});

import { MINUTE, SECOND } from '../support/moved-time.js';
import { SharedStage } from '../support/shared-stage.js';
import { type Trouble, UNSPEAKABLE } from '../support/troubled-store.js';

let stage: SharedStage;
beforeEach(async () => void (stage = await SharedStage.begin()));
afterEach(() => stage.end());

const TROUBLES: Trouble[] = ['read', 'swap', 'lease'];

describe('a store that fails', () => {
  it.each(TROUBLES)('costs no query while credentials are valid: %s', async (trouble) => {
    const { store, sandbox } = stage;
    const { tickets, eventsOf } = await stage.join();
    store.troubles.add(trouble);
    await stage.passAndQuery(58 * MINUTE, MINUTE);
    expect(sandbox.calls.accessToken).toBe(1);
    expect(eventsOf('store-failed').filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(eventsOf('store-recovered')).toEqual([]);
    store.troubles.clear();
    await stage.passAndQuery(20 * SECOND, SECOND);
    expect(tickets.status()).toMatchObject({ state: 'fresh', generation: 2 });
    expect(eventsOf('store-recovered')).toHaveLength(1);
    expect(sandbox.rejected).toBe(0);
  });

  it.each(TROUBLES)('beyond expiry gives a typed error that names it, and recovers by itself: %s', async (trouble) => {
    const { store, sandbox } = stage;
    const { tickets, ocr, query } = await stage.join();
    store.troubles.add(trouble);
    await stage.pass(61 * MINUTE, 30 * SECOND);
    const failed = ocr.query('order1', { maxAttempts: 1 });
    await expect(failed).rejects.toMatchObject({
      code: 'NO_VALID_TICKET',
      actor: 'application',
      retryable: true,
      message: expect.stringMatching(/troubled: failed to (read|write|lease): EIO/),
    });
    await expect(failed).rejects.not.toThrow(UNSPEAKABLE);
    expect(sandbox.calls.accessToken).toBe(1);
    store.troubles.clear();
    await stage.pass(15 * SECOND, SECOND);
    expect(tickets.status()).toMatchObject({ state: 'fresh', generation: 2 });
    await query();
  });

  it('is asked ever more rarely, however many queries there are', async () => {
    const { store, sandbox } = stage;
    const { query } = await stage.join();
    await stage.pass(21 * MINUTE, 10 * SECOND);
    store.troubles.add('swap');
    await stage.pass(20 * MINUTE, 10 * SECOND);
    const before = { ...store.asked };
    await stage.pass(
      MINUTE,
      10 * SECOND,
      async () => void (await Promise.all(Array.from({ length: 50 }, () => query()))),
    );
    // One try in 8 to 10 s, which looks, writes and tells of its failure, and one look in 4 to 5 s.
    expect(store.asked.lease - before.lease).toBeLessThanOrEqual(8);
    expect(store.asked.swap - before.swap).toBeLessThanOrEqual(8);
    expect(store.asked.read - before.read).toBeLessThanOrEqual(15 + 8 * 4);
    expect(sandbox.calls.accessToken).toBe(2);
  });

  it('that carried out what it said had failed is believed when it is read', async () => {
    const { store, sandbox } = stage;
    await stage.join();
    store.troubles.add('lost-swap');
    await stage.passAndQuery(45 * MINUTE, MINUTE);
    expect(sandbox.calls).toMatchObject({ accessToken: 3, apiTicket: 3 });
    expect(store.record).toMatchObject({ current: { number: 3 } });
    expect(store.record).not.toHaveProperty('unanswered', expect.anything());
    expect(sandbox.violations()).toEqual([]);
  });

  it('when the token had just come loses nothing: the generation is used at once, and written when the store works', async () => {
    const { store, sandbox } = stage;
    const { tickets, eventsOf, query } = await stage.join();
    sandbox.configure({ minRefreshIntervalMs: 19 * MINUTE });
    await stage.passAndQuery(19 * MINUTE, MINUTE);
    store.afterSwap = ({ unanswered }) => void (unanswered && store.troubles.add('swap'));
    await stage.passAndQuery(2 * MINUTE, 5 * SECOND);
    expect(tickets.status()).toMatchObject({ state: 'fresh', generation: 2 });
    expect(store.record).toMatchObject({ current: { number: 1 } });
    store.afterSwap = undefined;
    store.troubles.clear();
    await stage.passAndQuery(10 * SECOND, SECOND);
    expect(eventsOf('store-restored')).toHaveLength(1);
    expect(store.record).toMatchObject({ current: { id: tickets.status().generationId, number: 2 } });
    // Its own mark, that a token had been asked for, is not taken for somebody else's.
    await stage.passAndQuery(15 * MINUTE, MINUTE);
    expect(sandbox.calls.accessToken).toBe(2);
    expect(sandbox.violations()).toEqual([]);
    await query();
  });

  it('in the middle of a forced refresh does not count as one that took place', async () => {
    const { store, sandbox } = stage;
    const { tickets, query } = await stage.join();
    store.troubles.add('swap');
    await expect(tickets.refresh()).rejects.toMatchObject({ code: 'NO_VALID_TICKET' });
    store.troubles.clear();
    sandbox.killCredentials();
    await stage.pass(5 * SECOND, SECOND);
    await query();
    expect(sandbox.calls.accessToken).toBe(2);
  });

  it('is told once for each outage, whatever fails', async () => {
    const { store } = stage;
    const { eventsOf } = await stage.join();
    const toldOnce = () => eventsOf('store-failed').filter(({ repeated }) => !repeated).length;
    for (const outage of [1, 2]) {
      for (const trouble of TROUBLES) store.troubles.add(trouble);
      await stage.pass(30 * SECOND, SECOND);
      expect(toldOnce()).toBe(outage);
      expect(eventsOf('store-failed').length).toBeGreaterThan(5 * outage);
      store.troubles.clear();
      await stage.pass(30 * SECOND, SECOND);
      expect(eventsOf('store-recovered')).toHaveLength(outage);
    }
    const told = JSON.stringify(eventsOf('store-failed')) + eventsOf('store-failed').map(({ error }) => error.stack);
    expect(told).not.toContain(UNSPEAKABLE);
  });
});

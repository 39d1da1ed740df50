import { MINUTE, SECOND } from '../support/moved-time.js';
import { type Player, SharedStage } from '../support/shared-stage.js';

let stage: SharedStage;
let slow: Player;
let quick: Player;

beforeEach(async () => {
  stage = await SharedStage.begin();
  slow = await stage.join();
  quick = await stage.join({ backgroundRefresh: false });
  await quick.tickets.getCredentials();
  await stage.pass(5 * MINUTE, MINUTE);
  stage.sandbox.configure({ minRefreshIntervalMs: MINUTE });
});

afterEach(() => stage.end());

/** Every process has the same generation, and queries go on being answered long after the overlap. */
async function expectPeace(): Promise<void> {
  const { sandbox, store } = stage;
  await stage.passAndQuery(MINUTE + 10 * SECOND, 2 * SECOND);
  await stage.passAndQuery(2 * MINUTE, 20 * SECOND);
  expect(quick.tickets.status().generationId).toBe(slow.tickets.status().generationId);
  expect(store.record?.current?.id).toBe(slow.tickets.status().generationId);
  expect(store.record?.unanswered).toBeUndefined();
  expect(sandbox.rejected).toBe(0);
  for (const { eventsOf } of [slow, quick]) expect(eventsOf('foreign-refresh-suspected')).toEqual([]);
}

describe('a holder that loses its lease in the middle of a call', () => {
  it.each(['access_token', 'api_ticket'] as const)(
    'of %s ends it at once, and the next one finishes the refresh',
    async (endpoint) => {
      const { store, sandbox } = stage;
      sandbox.injectFault({ endpoint, kind: 'hang', times: 1 });
      const refresh = slow.tickets.refresh().catch((error: unknown) => error);
      await stage.rest();
      expect(sandbox.inFlight).toBe(1);
      store.takeLeaseAway({ tell: true });
      await stage.rest();
      expect(sandbox.inFlight).toBe(0);
      expect(await refresh).toMatchObject({ code: 'NO_VALID_TICKET' });
      await quick.tickets.reload();
      await stage.rest();
      await expectPeace();
      // Not carried out: the fault ate the first call of its kind.
      expect(quick.tickets.status()).toMatchObject({ generation: 2 });
      expect(sandbox.calls).toMatchObject({ accessToken: endpoint === 'access_token' ? 3 : 2 });
      expect(sandbox.violations()).toEqual([]);
    },
  );

  it('that the vendor has carried out is followed by exactly one more refresh', async () => {
    const { store, sandbox } = stage;
    sandbox.injectFault({ endpoint: 'access_token', kind: 'slow', delayMs: 3 * SECOND, times: 1 });
    const refresh = slow.tickets.refresh().catch((error: unknown) => error);
    await stage.rest();
    store.takeLeaseAway({ tell: true });
    await stage.rest();
    expect(await refresh).toMatchObject({ code: 'NO_VALID_TICKET' });
    expect(slow.eventsOf('token-request-in-doubt')).toHaveLength(1);
    await expectPeace();
    expect(sandbox.calls).toMatchObject({ accessToken: 3, apiTicket: 2 });
    expect(sandbox.violations()).toEqual([]);
  });
});

describe('a holder that does not notice that it has lost its lease', () => {
  it('writes nothing over what came after it, but marks it suspect: exactly one refresh follows', async () => {
    const { store, sandbox } = stage;
    sandbox.injectFault({ endpoint: 'access_token', kind: 'slow', delayMs: 3 * SECOND, times: 1 });
    const refresh = slow.tickets.refresh().catch((error: unknown) => error);
    await stage.rest();
    store.takeLeaseAway({ tell: false });
    // It finds the mark of the first, and refreshes at once.
    await quick.tickets.reload();
    await stage.rest();
    const between = quick.tickets.status().generationId;
    expect(sandbox.calls).toMatchObject({ accessToken: 3, apiTicket: 2 });
    // Only now does the answer of the first come, whose token is older: the other one has ended it.
    await stage.pass(3 * SECOND, SECOND);
    expect(await refresh).toMatchObject({ code: 'NO_VALID_TICKET' });
    expect(slow.eventsOf('refresh-conflict')).toHaveLength(1);
    await expectPeace();
    expect(slow.tickets.status().generationId).not.toBe(between);
    expect(sandbox.calls).toMatchObject({ accessToken: 4, apiTicket: 3 });
  });

  it('and asks while the next one does: neither wins, exactly one more refresh follows', async () => {
    const { store, sandbox } = stage;
    const goOn: (() => void)[] = [];
    // It is stopped between its mark and its request, as by a long pause of the whole process.
    store.afterSwap = ({ unanswered }) => {
      store.afterSwap = undefined;
      return unanswered && new Promise<void>((resolve) => goOn.push(resolve));
    };
    const refresh = slow.tickets.refresh().catch((error: unknown) => error);
    await stage.rest();
    expect(sandbox.calls.accessToken).toBe(1);
    store.takeLeaseAway({ tell: false });
    sandbox.injectFault({ endpoint: 'access_token', kind: 'slow', delayMs: 500, times: 1 });
    await quick.tickets.reload();
    await stage.rest();
    expect(sandbox.calls.accessToken).toBe(2);
    goOn.forEach((resolve) => resolve());
    await stage.rest();
    expect(sandbox.calls.accessToken).toBe(3);
    expect(await refresh).toMatchObject({ code: 'NO_VALID_TICKET' });
    await stage.pass(SECOND, 100);
    await stage.pass(5 * SECOND, SECOND);
    await expectPeace();
    expect(sandbox.calls.accessToken).toBe(4);
  });

  it('and has its ticket already, uses it until one refresh more has followed', async () => {
    const { store, sandbox } = stage;
    sandbox.injectFault({ endpoint: 'api_ticket', kind: 'slow', delayMs: 3 * SECOND, times: 1 });
    const refresh = slow.tickets.refresh().catch((error: unknown) => error);
    await stage.rest();
    store.takeLeaseAway({ tell: false });
    await quick.tickets.reload();
    await stage.rest();
    await stage.pass(3 * SECOND, SECOND);
    await refresh;
    await expectPeace();
    expect(sandbox.calls.accessToken).toBeLessThanOrEqual(3);
  });
});

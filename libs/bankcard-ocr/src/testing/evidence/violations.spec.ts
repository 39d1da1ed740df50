import { KycSandbox } from '../kyc-sandbox.js';
import { ManualClock } from '../manual-clock.js';
import { freshNonce, PlainClient, until } from '../plain-client.test-support.js';

const CLEAN = KycSandbox.EXAMPLE_ORDERS.clean;

let clock: ManualClock;
let sandbox: KycSandbox;
let client: PlainClient;

beforeEach(async () => {
  clock = new ManualClock();
  sandbox = await KycSandbox.start({ clock });
  client = new PlainClient(sandbox);
});

afterEach(async () => {
  client.close();
  await sandbox.stop();
});

const kinds = () => sandbox.violations().map(({ kind }) => kind);
const token = async (): Promise<string> => (await client.accessToken()).json.access_token;

/** Send a call and let the client give up on it when it has arrived. */
async function abandon(call: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  const before = sandbox.inFlight;
  const response = call(patience.signal).catch(() => undefined);
  await until(() => sandbox.inFlight > before);
  patience.abort();
  await response;
  await until(() => sandbox.inFlight === before);
}

describe('queries', () => {
  test('a reused nonce is reported but answered', async () => {
    const { ticket } = await client.refresh();
    const nonce = freshNonce();
    await client.query(CLEAN, ticket, { nonce });
    expect(kinds()).toEqual([]);
    expect((await client.query('warnM9110', ticket, { nonce })).json.code).toBe('0');
    expect(kinds()).toEqual(['nonce-reused']);
  });

  test('the retry of a request that a fault hit wants a fresh nonce too', async () => {
    const { ticket } = await client.refresh();
    const nonce = freshNonce();
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'reset', times: 1 });
    await client.query(CLEAN, ticket, { nonce }).catch(() => undefined);
    await client.query(CLEAN, ticket, { nonce });
    expect(kinds()).toEqual(['nonce-reused']);
  });

  test.each([
    ['illegal-nonce', { nonce: 'short' }],
    ['illegal-nonce', { nonce: `${'n'.repeat(31)}_` }],
    ['illegal-order-no', { order_no: 'order_1' }],
    ['illegal-order-no', { order_no: 'o'.repeat(33) }],
  ])('%s: %j', async (kind, change) => {
    const { ticket } = await client.refresh();
    await client.query(CLEAN, ticket, change);
    expect(kinds()).toEqual([kind]);
  });

  test('an illegal user id', async () => {
    await client.nonceTicket(await token(), 'user@1');
    expect(kinds()).toEqual(['illegal-user-id']);
  });
});

describe('refreshes that are well done', () => {
  test('every twenty minutes, token and ticket, one after the other: nothing to report', async () => {
    sandbox.configure({ minRefreshIntervalMs: 1_200_000 });
    for (let round = 0; round < 4; round += 1) {
      const { ticket } = await client.refresh();
      expect((await client.query(CLEAN, ticket)).json.code).toBe('0');
      clock.advance(1_200_000);
    }
    expect(kinds()).toEqual([]);
  });

  test('a failed ticket call is retried with the same token', async () => {
    sandbox.injectFault({ endpoint: 'api_ticket', kind: 'html-502', times: 2 });
    const fresh = await token();
    for (let attempt = 0; attempt < 3; attempt += 1) await client.apiTicket(fresh);
    expect(kinds()).toEqual([]);
  });

  test.each(['lost-response', 'truncated', 'truncated-json', 'wrong-types', 'reset'] as const)(
    'a ticket whose response was corrupted (%s) may be fetched again',
    async (kind) => {
      sandbox.injectFault({ endpoint: 'api_ticket', kind, times: 1 });
      const fresh = await token();
      await client.apiTicket(fresh).catch(() => undefined);
      await client.apiTicket(fresh);
      expect(kinds()).toEqual([]);
    },
  );

  test.each([
    ['the secret was changed', () => sandbox.changeSecret(sandbox.secret)],
    ['all credentials were killed', () => sandbox.killCredentials()],
    [
      'another program refreshed and the overlap is over',
      () => {
        sandbox.foreignRefresh();
        clock.advance(60_000);
      },
    ],
  ])('at once when %s', async (_when, strike) => {
    sandbox.configure({ minRefreshIntervalMs: 1_200_000 });
    await client.refresh();
    strike();
    await client.refresh();
    expect(kinds()).toEqual([]);
  });

  test('failed token calls are repeated as often as need be', async () => {
    sandbox.configure({ minRefreshIntervalMs: 1_200_000 });
    sandbox.injectFault({ endpoint: 'access_token', kind: 'html-502', times: 3 });
    for (let attempt = 0; attempt < 3; attempt += 1) await client.accessToken();
    await client.refresh();
    expect(kinds()).toEqual([]);
  });

  test('after a response that a fault rewrote it is unknown what the client could use: no report', async () => {
    sandbox.configure({ minRefreshIntervalMs: 1_200_000 });
    const rewrite = (json: object) => ({ ...json, tickets: [] });
    sandbox.injectFault({ endpoint: 'api_ticket', kind: 'answer', rewrite, times: 2 });
    const fresh = await token();
    await client.apiTicket(fresh);
    await client.apiTicket(fresh);
    await client.refresh();
    expect(kinds()).toEqual([]);
  });

  test('NONCE tickets may be fetched at any time', async () => {
    const { token: fresh } = await client.refresh();
    await Promise.all([client.nonceTicket(fresh, 'user1'), client.nonceTicket(fresh, 'user2'), client.refresh()]);
    expect(kinds()).toEqual([]);
  });
});

describe('refreshes that are not', () => {
  test('two token calls in flight', async () => {
    const slow = sandbox.injectFault({ endpoint: 'access_token', kind: 'slow', delayMs: 1_000 });
    const both = Promise.all([client.accessToken(), client.accessToken()]);
    await until(() => slow.hits === 2);
    clock.advance(1_000);
    await both;
    expect(kinds()).toEqual(['concurrent-refresh']);
  });

  test('a token call while a SIGN ticket call is in flight, and the other way round', async () => {
    const fresh = await token();
    const slow = sandbox.injectFault({ endpoint: 'auth', kind: 'slow', delayMs: 1_000 });
    const both = Promise.all([client.apiTicket(fresh), client.accessToken()]);
    await until(() => slow.hits === 2);
    clock.advance(1_000);
    await both;
    expect(kinds()).toEqual(['concurrent-refresh']);
  });

  test('a token call while one hangs, as long as its client waits for it', async () => {
    sandbox.injectFault({ endpoint: 'access_token', kind: 'hang', times: 1 });
    const patience = new AbortController();
    const hanging = client.accessToken({}, patience.signal).catch(() => undefined);
    await until(() => sandbox.inFlight === 1);
    await client.accessToken();
    expect(kinds()).toEqual(['concurrent-refresh']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    patience.abort();
    await hanging;
    await until(() => sandbox.inFlight === 0);
    expect(kinds()).toEqual(['concurrent-refresh']);
  });

  test('a token call between another refresh’s token and its ticket call', async () => {
    const first = await token();
    const second = await token();
    await client.apiTicket(first);
    expect(kinds()).toEqual(['refresh-interleaved']);
    await client.apiTicket(second);
    expect(kinds()).toEqual(['refresh-interleaved']);
  });

  test('sooner than the least interval, which can be set at run time', async () => {
    await client.refresh();
    await client.refresh();
    expect(kinds()).toEqual([]);
    sandbox.configure({ minRefreshIntervalMs: 60_000 });
    clock.advance(59_999);
    await client.refresh();
    expect(kinds()).toEqual(['refresh-too-soon']);
    clock.advance(60_000);
    await client.refresh();
    expect(kinds()).toEqual(['refresh-too-soon']);
  });

  test('a second SIGN ticket from a token that had answered with one', async () => {
    const { token: fresh } = await client.refresh();
    await client.apiTicket(fresh);
    expect(kinds()).toEqual(['sign-ticket-on-the-side']);
  });

  test('entries say when and which rule', async () => {
    clock.advance(5_000);
    const { token: fresh } = await client.refresh();
    await client.apiTicket(fresh);
    const [entry] = sandbox.violations();
    expect(entry?.at).toBe(clock.now());
    expect(entry?.text).toMatch(/generation 1.*protocol\.md section 5/);
  });
});

describe('a new token in place of one that its owner could not use is no violation', () => {
  beforeEach(() => sandbox.configure({ minRefreshIntervalMs: 1_200_000 }));

  test.each(['lost-response', 'truncated', 'truncated-json', 'wrong-types'] as const)(
    'the token call after a token whose response was corrupted (%s)',
    async (kind) => {
      sandbox.injectFault({ endpoint: 'access_token', kind, times: 1 });
      await client.accessToken().catch(() => undefined);
      await client.refresh();
      expect(kinds()).toEqual([]);
      // One only: the next one is a refresh too soon.
      await client.refresh();
      expect(kinds()).toEqual(['refresh-too-soon']);
    },
  );

  test('the client gave up on a slow token', async () => {
    sandbox.injectFault({ endpoint: 'access_token', kind: 'slow', delayMs: 60_000, times: 1 });
    await abandon((signal) => client.accessToken({}, signal));
    await client.refresh();
    expect(kinds()).toEqual([]);
  });

  test('the new call arrives just before the end of the abandoned one does', async () => {
    sandbox.injectFault({ endpoint: 'access_token', kind: 'slow', delayMs: 60_000, times: 1 });
    const patience = new AbortController();
    const slow = client.accessToken({}, patience.signal).catch(() => undefined);
    await until(() => sandbox.inFlight === 1);
    const fresh = await token();
    patience.abort();
    await slow;
    await until(() => sandbox.inFlight === 0);
    await client.apiTicket(fresh);
    expect(kinds()).toEqual([]);
  });

  test('the retry of a hanging ticket call arrives just before the end of the abandoned one does', async () => {
    const fresh = await token();
    sandbox.injectFault({ endpoint: 'api_ticket', kind: 'hang', times: 1 });
    const patience = new AbortController();
    const hanging = client.apiTicket(fresh, {}, patience.signal).catch(() => undefined);
    await until(() => sandbox.inFlight === 1);
    await client.apiTicket(fresh);
    patience.abort();
    await hanging;
    await until(() => sandbox.inFlight === 0);
    expect(kinds()).toEqual([]);
    // The retry brought a ticket, so this is a second refresh.
    await client.refresh();
    expect(kinds()).toEqual(['refresh-too-soon']);
  });

  test('nobody fetched a ticket: the owner of the token was killed', async () => {
    await token();
    clock.advance(45_000);
    await client.refresh();
    expect(kinds()).toEqual([]);
  });

  test('the ticket calls failed', async () => {
    sandbox.injectFault({ endpoint: 'api_ticket', kind: 'html-502', times: 1 });
    await client.apiTicket(await token());
    await client.refresh();
    expect(kinds()).toEqual([]);
  });
});

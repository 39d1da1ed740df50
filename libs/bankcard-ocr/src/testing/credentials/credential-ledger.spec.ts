import { KycSandbox } from '../kyc-sandbox.js';
import { ManualClock } from '../manual-clock.js';
import { PlainClient } from '../plain-client.test-support.js';

const CLEAN = KycSandbox.EXAMPLE_ORDERS.clean;

/** protocol.md section 5. */
describe('the life of tokens and SIGN tickets', () => {
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

  const codeOf = async (ticket: string) => (await client.query(CLEAN, ticket)).json.code;
  const ticketCodeOf = async (token: string) => (await client.apiTicket(token)).json.code;

  test('a SIGN ticket signs any number of queries for an hour', async () => {
    const { ticket } = await client.refresh();
    clock.advance(3_599_999);
    expect(await codeOf(ticket)).toBe('0');
    expect(await codeOf(ticket)).toBe('0');
    clock.advance(1);
    expect(await codeOf(ticket)).toBe('400102');
    expect(sandbox.rejected).toBe(1);
  });

  test('a token fetches tickets for two hours, then 15', async () => {
    const { token } = await client.refresh();
    clock.advance(7_199_999);
    expect(await ticketCodeOf(token)).toBe('0');
    clock.advance(1);
    expect(await ticketCodeOf(token)).toBe('15');
  });

  test('no ticket outlives its token, whatever its expire_in says', async () => {
    const { token } = await client.refresh();
    clock.advance(7_000_000);
    const late = (await client.apiTicket(token)).json.tickets[0];
    expect(late.expire_in).toBe(3600);
    clock.advance(199_999);
    expect(await codeOf(late.value)).toBe('0');
    clock.advance(1);
    expect(await codeOf(late.value)).toBe('400102');
  });

  test('a new token leaves the old one and its tickets one minute, even when no ticket is fetched with it', async () => {
    const old = await client.refresh();
    await client.accessToken();
    clock.advance(59_999);
    expect(await codeOf(old.ticket)).toBe('0');
    const fromOld = (await client.apiTicket(old.token)).json.tickets[0].value;
    expect(await codeOf(fromOld)).toBe('0');
    clock.advance(1);
    expect(await codeOf(old.ticket)).toBe('400102');
    expect(await codeOf(fromOld)).toBe('400102');
    expect(await ticketCodeOf(old.token)).toBe('15');
  });

  test('a second refresh inside the minute does not lengthen the first one’s overlap', async () => {
    const first = await client.refresh();
    await client.refresh();
    clock.advance(40_000);
    const third = await client.refresh();
    clock.advance(20_000);
    expect(await codeOf(first.ticket)).toBe('400102');
    expect(await ticketCodeOf(first.token)).toBe('15');
    expect(await codeOf(third.ticket)).toBe('0');
  });

  test('a new SIGN ticket from the same token leaves the earlier one a minute', async () => {
    const { token, ticket } = await client.refresh();
    const second = (await client.apiTicket(token)).json.tickets[0].value;
    clock.advance(59_999);
    expect(await codeOf(ticket)).toBe('0');
    clock.advance(1);
    expect(await codeOf(ticket)).toBe('400102');
    expect(await codeOf(second)).toBe('0');
  });

  test('NONCE tickets shorten nobody’s life', async () => {
    const { token, ticket } = await client.refresh();
    await client.nonceTicket(token, 'user1');
    clock.advance(600_000);
    expect(await codeOf(ticket)).toBe('0');
  });

  test('the overlap and the lives can be scaled', async () => {
    sandbox.configure({ overlapMs: 600, ticketLifeMs: 2_000, tokenLifeMs: 5_000 });
    const old = await client.refresh();
    const young = await client.refresh();
    clock.advance(600);
    expect(await codeOf(old.ticket)).toBe('400102');
    clock.advance(1_400);
    expect(await codeOf(young.ticket)).toBe('400102');
    expect(await ticketCodeOf(young.token)).toBe('0');
    clock.advance(3_000);
    expect(await ticketCodeOf(young.token)).toBe('15');
  });

  test('a foreign refresh leaves ours the overlap', async () => {
    const ours = await client.refresh();
    sandbox.foreignRefresh();
    clock.advance(59_999);
    expect(await codeOf(ours.ticket)).toBe('0');
    clock.advance(1);
    expect(await codeOf(ours.ticket)).toBe('400102');
    expect(await ticketCodeOf(ours.token)).toBe('15');
    expect(sandbox.calls).toMatchObject({ accessToken: 1, signTicket: 2 });
  });

  test('changing the secret kills everything at once, and the old secret with it', async () => {
    const { token, ticket } = await client.refresh();
    const { secret } = sandbox;
    const changed = sandbox.changeSecret();
    expect(changed).toMatch(/^[0-9A-Za-z]{64}$/);
    expect(sandbox.secret).toBe(changed);
    expect(await codeOf(ticket)).toBe('400102');
    expect(await ticketCodeOf(token)).toBe('15');
    expect((await client.accessToken({ secret })).json.code).toBe('400101');
    expect((await client.accessToken({ secret: changed })).json.code).toBe('0');
    expect(sandbox.changeSecret('chosen')).toBe('chosen');
  });

  test('killCredentials kills everything but the secret', async () => {
    const { token, ticket } = await client.refresh();
    sandbox.killCredentials();
    expect(await codeOf(ticket)).toBe('400102');
    expect(await ticketCodeOf(token)).toBe('15');
    expect(await codeOf((await client.refresh()).ticket)).toBe('0');
  });

  test.each(['400102', '400101', '15'] as const)('the code for a dead ticket can be %s', async (deadTicketCode) => {
    const { ticket } = await client.refresh();
    sandbox.configure({ deadTicketCode });
    sandbox.killCredentials();
    expect(await codeOf(ticket)).toBe(deadTicketCode);
  });

  test('the wall clock may jump: lives do not', async () => {
    const { ticket } = await client.refresh();
    clock.shiftWallClock(86_400_000);
    expect(await codeOf(ticket)).toBe('0');
  });
});

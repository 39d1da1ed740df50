import { KycSandbox } from '../kyc-sandbox.js';
import { ManualClock } from '../manual-clock.js';
import { freshNonce, PlainClient, sha1OfSorted } from '../plain-client.test-support.js';
import type { PhoneLaunch } from './ocr.endpoints.js';

/** protocol.md sections 4 and 5. */
describe('NONCE tickets and the launch of the phone SDK', () => {
  let clock: ManualClock;
  let sandbox: KycSandbox;
  let client: PlainClient;
  let token: string;
  let ticket: string;

  beforeEach(async () => {
    clock = new ManualClock();
    sandbox = await KycSandbox.start({ clock, appId: 'IDALAUNC' });
    client = new PlainClient(sandbox);
    ({ token, ticket } = await client.refresh());
  });

  afterEach(async () => {
    client.close();
    await sandbox.stop();
  });

  const nonceTicket = async (user: string): Promise<string> =>
    (await client.nonceTicket(token, user)).json.tickets[0].value;

  function launch(nonceTicketValue: string, change: Partial<PhoneLaunch> = {}): PhoneLaunch {
    const values = {
      orderNo: 'launchedOrder',
      openApiAppId: 'IDALAUNC',
      openApiAppVersion: '1.0.0',
      openApiNonce: freshNonce(),
      openApiUserId: 'user1',
      ...change,
    };
    const { openApiAppId, openApiAppVersion, openApiNonce, openApiUserId } = values;
    const signed = [openApiAppId, openApiAppVersion, openApiNonce, openApiUserId, nonceTicketValue];
    return { openApiSign: sha1OfSorted(signed), ...values };
  }

  test('a signed launch is accepted once, and its order has a result then', async () => {
    const value = await nonceTicket('user1');
    expect((await client.query('launchedOrder', ticket)).json.code).toBe('66660020');
    expect(sandbox.acceptLaunch(launch(value))).toEqual({ accepted: true, code: '0', msg: '请求成功' });
    expect((await client.query('launchedOrder', ticket)).json.code).toBe('0');
    expect(sandbox.acceptLaunch(launch(value))).toMatchObject({ accepted: false, code: '400102' });
  });

  test('an order that was prepared is not replaced by its launch', async () => {
    sandbox.addOrder({ orderNo: 'launchedOrder', warnings: ['-9112'] });
    sandbox.acceptLaunch(launch(await nonceTicket('user1')));
    expect((await client.query('launchedOrder', ticket)).json.result.warnCode).toBe('-9112');
  });

  test.each<[string, Partial<PhoneLaunch>, string]>([
    ['another user', { openApiUserId: 'user2' }, '400101'],
    ['another app', { openApiAppId: 'IDANOBOD' }, '66660001'],
    ['another version', { openApiAppVersion: '2.0.0' }, '400502'],
    ['a long order number', { orderNo: 'o'.repeat(33) }, '66660000'],
    ['an illegal order number', { orderNo: 'order-1' }, '400101'],
    ['an illegal nonce', { openApiNonce: 'short' }, '400101'],
    ['a wrong signature', { openApiSign: 'A'.repeat(40) }, '400101'],
  ])('%s: refused, and the ticket is still good', async (_name, change, code) => {
    const value = await nonceTicket('user1');
    expect(sandbox.acceptLaunch(launch(value, change))).toMatchObject({ accepted: false, code });
    expect(sandbox.acceptLaunch(launch(value)).accepted).toBe(true);
  });

  test('a launch wants a fresh and legal nonce as well', async () => {
    const openApiNonce = freshNonce();
    await client.query('exampleCleanCard', ticket, { nonce: openApiNonce });
    sandbox.acceptLaunch(launch(await nonceTicket('user1'), { openApiNonce }));
    sandbox.acceptLaunch(launch(await nonceTicket('user2'), { openApiNonce: 'short' }));
    expect(sandbox.violations().map(({ kind }) => kind)).toEqual(['nonce-reused', 'illegal-nonce']);
  });

  test.each(['order-1', 'o'.repeat(33), ''])('a launch wants a legal order number: %p is reported', async (orderNo) => {
    sandbox.acceptLaunch(launch(await nonceTicket('user1'), { orderNo }));
    expect(sandbox.violations().map(({ kind }) => kind)).toEqual(['illegal-order-no']);
  });

  test('a SIGN ticket does not sign a launch, nor a NONCE ticket a query', async () => {
    const value = await nonceTicket('user1');
    expect(sandbox.acceptLaunch(launch(ticket)).code).toBe('400101');
    expect((await client.query('exampleCleanCard', value)).json.code).toBe('400101');
  });

  test('a NONCE ticket lives 120 s', async () => {
    const [early, late] = [await nonceTicket('user1'), await nonceTicket('user2')];
    clock.advance(119_999);
    expect(sandbox.acceptLaunch(launch(early)).accepted).toBe(true);
    clock.advance(1);
    expect(sandbox.acceptLaunch(launch(late, { openApiUserId: 'user2' })).code).toBe('400102');
  });

  test('a NONCE ticket dies with its token', async () => {
    const value = await nonceTicket('user1');
    sandbox.killCredentials();
    expect(sandbox.acceptLaunch(launch(value)).code).toBe('400102');
  });

  test('the same user gets one in two seconds; others do not wait', async () => {
    await nonceTicket('user1');
    clock.advance(1_999);
    expect((await client.nonceTicket(token, 'user1')).json.code).toBe('400504');
    expect((await client.nonceTicket(token, 'user2')).json.code).toBe('0');
    expect(sandbox.violations().map(({ kind }) => kind)).toEqual(['nonce-ticket-too-soon']);
    // Only a success counts: the refusal a millisecond ago does not prolong the wait.
    clock.advance(1);
    expect((await client.nonceTicket(token, 'user1')).json.code).toBe('0');
  });

  test('the phone hands back a signature made with the newest SIGN ticket, while there is one', async () => {
    expect(sandbox.phoneResultSignature('order1')).toBe(sha1OfSorted(['IDALAUNC', 'order1', ticket]));
    const newer = (await client.refresh()).ticket;
    expect(sandbox.phoneResultSignature('order1')).toBe(sha1OfSorted(['IDALAUNC', 'order1', newer]));
    clock.advance(3_600_000);
    expect(sandbox.phoneResultSignature('order1')).toBeUndefined();
  });
});

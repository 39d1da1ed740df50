import { KycSandbox } from '../kyc-sandbox.js';
import { freshNonce, PlainClient } from '../plain-client.test-support.js';

const CLEAN = KycSandbox.EXAMPLE_ORDERS.clean;

describe('what the vendor refuses', () => {
  let sandbox: KycSandbox;
  let client: PlainClient;
  let ticket: string;
  let token: string;

  beforeEach(async () => {
    sandbox = await KycSandbox.start();
    client = new PlainClient(sandbox);
    ({ ticket, token } = await client.refresh());
  });

  afterEach(async () => {
    client.close();
    await sandbox.stop();
  });

  test.each([
    [{ app_id: undefined }, '1'],
    [{ secret: undefined }, '1'],
    [{ secret: '' }, '1'],
    [{ grant_type: undefined }, '1'],
    [{ version: undefined }, '1'],
    [{ app_id: 'IDANOBOD' }, '66660001'],
    [{ grant_type: 'client_credentials' }, '400103'],
    [{ grant_type: 'CLIENT_CREDENTIAL' }, '400103'],
    [{ version: '1.0' }, '400502'],
    [{ secret: 'wrong' }, '400101'],
  ])('access_token with %j: %s', async (change, code) => {
    const before = (await client.query(CLEAN, ticket)).json.code;
    const { json } = await client.accessToken(change);
    expect(json).toMatchObject({ code, success: false });
    expect(json).not.toHaveProperty('access_token');
    expect(before).toBe('0');
    expect(sandbox.calls.codes.access_token).toEqual({ '0': 1, [code]: 1 });
  });

  test('the code for a wrong secret can be set', async () => {
    sandbox.configure({ wrongSecretCode: '400105' });
    expect((await client.accessToken({ secret: 'wrong' })).json.code).toBe('400105');
  });

  test.each([
    [{ app_id: undefined }, '1'],
    [{ type: undefined }, '1'],
    [{ version: undefined }, '1'],
    [{ access_token: undefined }, '1'],
    [{ type: 'NONCE' }, '1'],
    [{ app_id: 'IDANOBOD' }, '66660001'],
    [{ type: 'sign' }, '400103'],
    [{ type: 'TICKET' }, '400103'],
    [{ version: '2.0.0' }, '400502'],
    [{ access_token: 'x'.repeat(90) }, '15'],
    [{ type: 'NONCE', user_id: 'u'.repeat(33) }, '400101'],
    [{ type: 'NONCE', user_id: 'user@1' }, '400101'],
  ])('api_ticket with %j: %s', async (change, code) => {
    const { json } = await client.apiTicket(token, change);
    expect(json).toMatchObject({ code, success: false });
    expect(json).not.toHaveProperty('tickets');
  });

  test.each([
    [{ app_id: undefined }, '1'],
    [{ order_no: undefined }, '1'],
    [{ nonce: undefined }, '1'],
    [{ version: undefined }, '1'],
    [{ sign: undefined }, '1'],
    [{ app_id: 'IDANOBOD' }, '66660001'],
    [{ version: '1.0.1' }, '400502'],
    [{ order_no: 'o'.repeat(33) }, '66660000'],
    [{ order_no: 'order-1' }, '400101'],
    [{ order_no: '订单1' }, '400101'],
    [{ nonce: 'short' }, '400101'],
    [{ nonce: 'n'.repeat(33) }, '400101'],
    [{ nonce: `${'n'.repeat(31)}-` }, '400101'],
    [{ sign: 'A'.repeat(40) }, '400101'],
    [{ order_no: 'anotherOrder' }, '400101'],
  ])('getBankCardOcrResult with %j: %s', async (change, code) => {
    const { json } = await client.query(CLEAN, ticket, change);
    expect(json).toMatchObject({ code, success: false });
    expect(json).not.toHaveProperty('result');
  });

  test('an empty nonce counts as a missing one', async () => {
    expect((await client.query(CLEAN, ticket, { nonce: '' })).json.code).toBe('1');
  });

  test('a refusal says in its detail what it is about, and never the value', async () => {
    const { json } = await client.query('order-1', ticket);
    expect(json.msg).toBe('不合法请求:order_no');
    expect((await client.query(CLEAN, ticket, { sign: 'B'.repeat(40) })).json.msg).toBe('不合法请求:sign');
  });

  test.each(['app_id', 'appId', 'webankAppId'])('the app id may be spelled %s', async (spelling) => {
    const as = { app_id: undefined, [spelling]: sandbox.appId };
    const issued = (await client.accessToken(as)).json;
    expect(issued.code).toBe('0');
    const response = (await client.apiTicket(issued.access_token, as)).json;
    expect((await client.query(CLEAN, response.tickets[0].value, as)).json.code).toBe('0');
  });

  test.each([
    ['1', true],
    ['true', false],
    ['01', false],
    ['2', false],
    ['', false],
    [undefined, false],
  ])('get_file=%s: photos %s', async (get_file, photos) => {
    const { result } = (await client.query(CLEAN, ticket, { get_file })).json;
    expect('originBankcardPhoto' in result).toBe(photos);
    expect('bankcardCropPhoto' in result).toBe(photos);
    expect('bankcardNoPhoto' in result).toBe(photos);
  });

  test('the signature may be written in lower case, and a change of any signed value breaks it', async () => {
    const nonce = freshNonce();
    const accepted = await client.query(CLEAN, ticket, { nonce });
    expect(accepted.json.code).toBe('0');
    expect((await client.query(CLEAN, ticket.toLowerCase())).json.code).toBe('400101');
    expect(sandbox.rejected).toBe(1);
  });

  test('rejected counts wrong credentials and signatures only', async () => {
    await client.query(CLEAN, ticket, { sign: 'A'.repeat(40) });
    await client.query(CLEAN, ticket, { app_id: 'IDANOBOD' });
    expect(sandbox.rejected).toBe(2);
    await client.query('unknownOrder', ticket);
    await client.query(CLEAN, ticket, { nonce: 'short' });
    await client.query('code400101', ticket);
    expect(sandbox.rejected).toBe(2);
  });
});

import { KycSandbox } from '../kyc-sandbox.js';
import { ManualClock } from '../manual-clock.js';
import { type PlainResponse, PlainClient, until } from '../plain-client.test-support.js';

const CLEAN = KycSandbox.EXAMPLE_ORDERS.clean;

describe('faults', () => {
  let clock: ManualClock;
  let sandbox: KycSandbox;
  let client: PlainClient;
  let ticket: string;

  beforeEach(async () => {
    clock = new ManualClock();
    sandbox = await KycSandbox.start({ clock });
    client = new PlainClient(sandbox);
    ({ ticket } = await client.refresh());
  });

  afterEach(async () => {
    client.close();
    await sandbox.stop();
  });

  const errorCodeOf = (response: Promise<PlainResponse>) =>
    response.then(
      ({ status }) => `answered ${status}`,
      (error: NodeJS.ErrnoException) => error.code,
    );
  /** How many tokens were issued: the generation of the next one tells. */
  const issuedSoFar = async () => {
    await client.accessToken();
    return (sandbox.journal().at(-1)?.generation ?? 0) - 1;
  };

  test('hang: no response until the client leaves, nothing carried out', async () => {
    const fault = sandbox.injectFault({ endpoint: 'access_token', kind: 'hang', times: 1 });
    const patience = new AbortController();
    const response = errorCodeOf(client.accessToken({}, patience.signal));
    await until(() => sandbox.inFlight === 1);
    expect(fault.hits).toBe(1);
    expect(sandbox.journal().at(-1)).toMatchObject({ endpoint: 'access_token', outcome: 'pending', fault: 'hang' });
    patience.abort();
    expect(await response).toBe('ABORT_ERR');
    await until(() => sandbox.inFlight === 0);
    expect(sandbox.journal().at(-1)?.outcome).toBe('lost');
    expect(await issuedSoFar()).toBe(1);
  });

  test('slow: carried out at once, answered when the clock says so', async () => {
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'slow', delayMs: 5_000 });
    let answered = false;
    const response = client.query(CLEAN, ticket).then(({ json }) => {
      answered = true;
      return json.code;
    });
    await until(() => sandbox.inFlight === 1);
    sandbox.killCredentials();
    await clock.advanceAsync(4_999);
    expect(answered).toBe(false);
    clock.advance(1);
    expect(await response).toBe('0');
  });

  test('a client that does not wait for a slow response leaves no timer behind', async () => {
    sandbox.injectFault({ endpoint: 'all', kind: 'slow', delayMs: 5_000 });
    const patience = new AbortController();
    const response = errorCodeOf(client.query(CLEAN, ticket, {}, patience.signal));
    await until(() => clock.pendingTimers === 1);
    patience.abort();
    expect(await response).toBe('ABORT_ERR');
    await until(() => clock.pendingTimers === 0);
  });

  test('reset: ECONNRESET, nothing carried out', async () => {
    sandbox.injectFault({ endpoint: 'access_token', kind: 'reset', times: 1 });
    await expect(client.accessToken()).rejects.toThrow('read ECONNRESET');
    expect(await issuedSoFar()).toBe(1);
  });

  test('lost-response: the token was issued and the old one is dying, the client sees a closed connection', async () => {
    sandbox.injectFault({ endpoint: 'access_token', kind: 'lost-response', times: 1 });
    await expect(client.accessToken()).rejects.toThrow('socket hang up');
    expect(sandbox.journal().at(-1)).toMatchObject({ generation: 2, code: '0', outcome: 'lost' });
    clock.advance(60_000);
    expect((await client.query(CLEAN, ticket)).json.code).toBe('400102');
  });

  test.each([false, true])('truncated, chunked %s: good headers, half a body', async (chunked) => {
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'truncated', chunked });
    const response = await fetch(`${sandbox.url}/api/server/getBankCardOcrResult`);
    expect(response.status).toBe(200);
    expect(response.headers.has('content-length')).toBe(!chunked);
    expect(response.headers.get('transfer-encoding')).toBe(chunked ? 'chunked' : null);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  test('truncated-json: whole HTTP, half a JSON, carried out', async () => {
    sandbox.injectFault({ endpoint: 'access_token', kind: 'truncated-json', times: 1 });
    const { status, text } = await client.accessToken();
    expect(status).toBe(200);
    expect(text).toMatch(/^{"code":"0"/);
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(sandbox.journal().at(-1)).toMatchObject({ code: '0', outcome: 'lost', fault: 'truncated-json' });
    expect(await issuedSoFar()).toBe(2);
  });

  test('html-502: a gateway’s page, nothing carried out', async () => {
    sandbox.injectFault({ endpoint: 'access_token', kind: 'html-502', times: 1 });
    const { status, text, headers } = await client.accessToken();
    expect([status, headers['content-type']]).toEqual([502, 'text/html']);
    expect(text).toContain('502 Bad Gateway');
    expect(await issuedSoFar()).toBe(1);
  });

  test('empty-body: HTTP 200 and nothing', async () => {
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'empty-body' });
    const { status, text } = await client.query(CLEAN, ticket);
    expect([status, text]).toEqual([200, '']);
  });

  test('wrong-types: looks like a success, every value is of another type', async () => {
    sandbox.injectFault({ endpoint: 'all', kind: 'wrong-types' });
    const auth = (await client.accessToken()).json;
    expect(auth).toMatchObject({ code: '0', success: 'no', expire_in: { seconds: 7200 } });
    expect(typeof auth.access_token).toBe('number');
    const { json } = await client.query(CLEAN, ticket, { get_file: '1' });
    expect(json).toMatchObject({ code: '0', result: [] });
  });

  test('code: any vendor code, with its detail, at the status that failures have', async () => {
    sandbox.configure({ httpStatusOfFailures: 500 });
    sandbox.injectFault({ endpoint: 'auth', kind: 'code', code: '400501', detail: 'slow down', times: 1 });
    const { status, json } = await client.accessToken();
    expect([status, json.code, json.msg]).toEqual([500, '400501', 'TPS超过限制:slow down']);
    expect(await issuedSoFar()).toBe(1);
  });

  test('body: exactly these bytes', async () => {
    const body = Buffer.from([0xff, 0x00, 0xfe]);
    const headers = { 'content-type': 'application/octet-stream', 'x-gateway': 'yes' };
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'body', status: 503, headers, body });
    const response = await fetch(`${sandbox.url}/api/server/getBankCardOcrResult`);
    expect(response.status).toBe(503);
    expect(response.headers.get('x-gateway')).toBe('yes');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(body);
  });

  test('response: the regular response rewritten, success or failure', async () => {
    const rewrite = jest.fn((json: Record<string, unknown>) => ({ ...json, code: 0, extra: true }));
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'answer', rewrite });
    const { json } = await client.query(CLEAN, ticket);
    expect(json).toMatchObject({ code: 0, extra: true, result: { orderNo: CLEAN } });
    expect((await client.query('codeM9011', ticket)).json).toMatchObject({ code: 0, success: false });
    expect(rewrite.mock.calls[1]?.[0]).toMatchObject({ code: '-9011' });
  });

  describe('whom they hit', () => {
    test('times counts down, then requests are regular again', async () => {
      const fault = sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '999999', times: 2 });
      const codes = [];
      for (let call = 0; call < 3; call += 1) codes.push((await client.query(CLEAN, ticket)).json.code);
      expect(codes).toEqual(['999999', '999999', '0']);
      expect(fault.hits).toBe(2);
    });

    test('clear ends one fault, clearFaults all', async () => {
      const first = sandbox.injectFault({ endpoint: 'all', kind: 'code', code: '4' });
      sandbox.injectFault({ endpoint: 'all', kind: 'code', code: '6' });
      expect((await client.query(CLEAN, ticket)).json.code).toBe('4');
      first.clear();
      expect((await client.query(CLEAN, ticket)).json.code).toBe('6');
      sandbox.clearFaults();
      expect((await client.query(CLEAN, ticket)).json.code).toBe('0');
      expect(first.hits).toBe(1);
    });

    test.each([
      ['access_token', ['X', '0', '0', '0', '0']],
      ['api_ticket', ['0', 'X', 'X', '0', '0']],
      ['auth', ['X', 'X', 'X', '0', '0']],
      ['getBankCardOcrResult', ['0', '0', '0', 'X', '0']],
      ['bankcardocrapp', ['0', '0', '0', '0', 'X']],
      ['all', ['X', 'X', 'X', 'X', 'X']],
    ] as const)('endpoint %s', async (endpoint, expected) => {
      const { token } = await client.refresh();
      sandbox.injectFault({ endpoint, kind: 'code', code: 'X' });
      const responses = [
        await client.accessToken(),
        await client.apiTicket(token),
        await client.nonceTicket(token, 'user1'),
        await client.query(CLEAN, ticket),
        await client.recognize('order1', ticket, '/9j/'),
      ];
      expect(responses.map(({ json }) => json.code)).toEqual(expected);
    });

    test('one order, or one type of ticket', async () => {
      sandbox.injectFault({ endpoint: 'all', orderNo: CLEAN, kind: 'code', code: 'X' });
      sandbox.injectFault({ endpoint: 'api_ticket', ticketType: 'NONCE', kind: 'code', code: 'Y' });
      const { token, ticket: fresh } = await client.refresh();
      expect((await client.query(CLEAN, fresh)).json.code).toBe('X');
      expect((await client.query('warnM9110', fresh)).json.code).toBe('0');
      expect((await client.nonceTicket(token, 'user1')).json.code).toBe('Y');
    });
  });
});

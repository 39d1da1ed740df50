import { KycSandbox } from '../kyc-sandbox.js';
import { ManualClock } from '../manual-clock.js';
import { PlainClient } from '../plain-client.test-support.js';

/** protocol.md section 3, member by member and in its order. */
describe('responses have exactly the documented shapes', () => {
  let sandbox: KycSandbox;
  let client: PlainClient;

  beforeEach(async () => {
    // 2021-06-21T17:49:28+08:00, the moment of the official example.
    sandbox = await KycSandbox.start({ clock: new ManualClock(Date.UTC(2021, 5, 21, 9, 49, 28)) });
    client = new PlainClient(sandbox);
  });

  afterEach(async () => {
    client.close();
    await sandbox.stop();
  });

  test('access_token: flat', async () => {
    const { json, status, headers } = await client.accessToken();
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(Object.keys(json)).toEqual([
      'code',
      'msg',
      'bizSeqNo',
      'transactionTime',
      'success',
      'access_token',
      'expire_in',
      'expire_time',
    ]);
    expect(json).toMatchObject({
      code: '0',
      bizSeqNo: expect.stringMatching(/^210621\d{12}174928\d{8}$/),
      transactionTime: '20210621174928',
      success: true,
      access_token: expect.stringMatching(/^[A-Za-z0-9_-]{90}$/),
      expire_in: 7200,
      expire_time: '20210621194928',
    });
  });

  test.each(['SIGN', 'NONCE'])('api_ticket %s: flat, with a list', async (type) => {
    const token = (await client.accessToken()).json.access_token;
    const { json } = await client.apiTicket(token, { type, user_id: 'user1' });
    const expireIn = type === 'SIGN' ? 3600 : 120;
    expect(Object.keys(json)).toEqual(['code', 'msg', 'transactionTime', 'success', 'tickets']);
    expect(json).toMatchObject({ code: '0', transactionTime: '20210621174928', success: true });
    expect(json.tickets).toEqual([
      {
        value: expect.stringMatching(/^[A-Za-z0-9]{64}$/),
        expire_in: expireIn,
        expire_time: type === 'SIGN' ? '20210621184928' : '20210621175128',
      },
    ]);
  });

  test('getBankCardOcrResult: nested, success false, no photos unless asked for', async () => {
    sandbox.addOrder({
      orderNo: 'bankcardPic5923ab9a3bc34488b51',
      bankCardNo: '6222021234567890128',
      bankCardValidDate: '12/2024',
    });
    const { ticket } = await client.refresh();
    const { json } = await client.query('bankcardPic5923ab9a3bc34488b51', ticket);
    expect(Object.keys(json)).toEqual(['code', 'msg', 'bizSeqNo', 'result', 'transactionTime']);
    expect(json.result).toEqual({
      bizSeqNo: json.bizSeqNo,
      transactionTime: '20210621174928',
      orderNo: 'bankcardPic5923ab9a3bc34488b51',
      bankCardNo: '6222021234567890128',
      bankCardValidDate: '12/2024',
      warnCode: '0',
      multiWarnCode: '0',
      operateTime: '2021-06-21 17:49:28',
      clarity: '79',
      success: false,
    });
    expect(json.bizSeqNo).toMatch(/^\d{32}$/);
  });

  test('a failure: HTTP 200, no result, success false, the detail after a colon', async () => {
    const { json, status } = await client.accessToken({ grant_type: 'password' });
    expect(status).toBe(200);
    expect(json).toEqual({
      code: '400103',
      msg: '拒绝访问:grant_type',
      transactionTime: '20210621174928',
      success: false,
    });
  });

  test('every exchange has its own running number', async () => {
    const first = (await client.accessToken()).json.bizSeqNo;
    const second = (await client.accessToken()).json.bizSeqNo;
    expect(second).not.toBe(first);
  });

  test('expire_in as the documents show it: a string', async () => {
    sandbox.configure({ expireInAs: 'string' });
    const { json } = await client.accessToken();
    expect(json.expire_in).toBe('7200');
    expect((await client.apiTicket(json.access_token)).json.tickets[0].expire_in).toBe('3600');
  });

  test('scaled lives are fractions of seconds', async () => {
    sandbox.configure({ tokenLifeMs: 1_250 });
    expect((await client.accessToken()).json.expire_in).toBe(1.25);
  });

  test('failures travel with the HTTP status that was set, successes with 200', async () => {
    sandbox.configure({ httpStatusOfFailures: 401 });
    expect((await client.accessToken({ secret: 'wrong' })).status).toBe(401);
    expect((await client.accessToken()).status).toBe(200);
  });
});

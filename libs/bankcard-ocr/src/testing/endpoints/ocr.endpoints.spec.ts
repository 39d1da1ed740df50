import { inspect } from 'node:util';
import { KycSandbox } from '../kyc-sandbox.js';
import { ManualClock } from '../manual-clock.js';
import { orderNoForCode, orderNoForWarning } from '../orders/order-book.js';
import { freshNonce, PlainClient, until } from '../plain-client.test-support.js';

/** JPEG, PNG and BMP as far as anybody looks. */
const JPEG = Buffer.from('ffd8ffe000104a46494600010100', 'hex').toString('base64');
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').toString('base64');
const BMP = Buffer.from('424d361b0000000000003600', 'hex').toString('base64');
const THREE_MB = 3 * 1024 * 1024;

let clock: ManualClock;
let sandbox: KycSandbox;
let client: PlainClient;
let ticket: string;

beforeEach(async () => {
  // 2021-06-21T17:40:06+08:00, the moment of the official example.
  clock = new ManualClock(Date.UTC(2021, 5, 21, 9, 40, 6));
  sandbox = await KycSandbox.start({ clock });
  client = new PlainClient(sandbox);
  ({ ticket } = await client.refresh());
});

afterEach(async () => {
  client.close();
  await sandbox.stop();
});

const kinds = () => sandbox.violations().map(({ kind }) => kind);
const codeOf = async (orderNo: string, change = {}, image = JPEG): Promise<string> => {
  return (await client.recognize(orderNo, ticket, image, change)).json.code;
};

describe('a recognition', () => {
  test('is answered in exactly the documented shape, in its own spelling', async () => {
    const { json, status } = await client.recognize('bankcardPic5923ab9a3bc34488b51', ticket, JPEG);
    expect(status).toBe(200);
    expect(Object.keys(json)).toEqual(['code', 'msg', 'bizSeqNo', 'result', 'transactionTime']);
    expect(Object.entries(json.result)).toEqual([
      ['bizSeqNo', json.bizSeqNo],
      ['transactionTime', '20210621174006'],
      ['orderNo', 'bankcardPic5923ab9a3bc34488b51'],
      ['bankcardNo', expect.stringMatching(/^620000\d{13}$/)],
      ['bankcardValidDate', '09/2031'],
      ['warningCode', '0'],
      ['bankcardNoPhoto', expect.stringMatching(/^\/9j\//)],
      ['multiWarningCode', '0'],
      ['clarity', '79'],
      ['success', false],
    ]);
  });

  test('can be queried afterwards, with the image that was sent', async () => {
    const sent = (await client.recognize('order1', ticket, PNG)).json.result;
    clock.advance(5_000);
    const { result } = (await client.query('order1', ticket, { get_file: '1' })).json;
    expect(result).toMatchObject({
      bankCardNo: sent.bankcardNo,
      originBankcardPhoto: PNG,
      bankcardNoPhoto: sent.bankcardNoPhoto,
      operateTime: '2021-06-21 17:40:06',
    });
    expect((await client.query('order1', ticket)).json.result).not.toHaveProperty('originBankcardPhoto');
  });

  test('has warnings by a magic order number', async () => {
    const { result } = (await client.recognize(orderNoForWarning('-9113'), ticket, JPEG)).json;
    expect(result).toMatchObject({ warningCode: '-9113', multiWarningCode: '[-9113]' });
  });

  test.each([
    ['JPEG', '0', JPEG],
    ['PNG', '0', PNG],
    ['BMP', '0', BMP],
    ['GIF', '-9013', Buffer.from('GIF89a......').toString('base64')],
    ['a text', '-9013', Buffer.from('no image').toString('base64')],
  ])('%s is answered %s', async (_what, code, image) => {
    expect(await codeOf('order1', {}, image)).toBe(code);
    // What was looked at is stored, whatever came of it.
    expect((await client.query('order1', ticket)).json.code).toBe(code);
  });

  test('takes an order number once, also one that a phone has used, and reports the second time', async () => {
    expect(await codeOf('order1')).toBe('0');
    expect(await codeOf('order1')).toBe('14');
    expect(await codeOf(KycSandbox.EXAMPLE_ORDERS.clean)).toBe('14');
    expect(kinds()).toEqual(['order-no-reused', 'order-no-reused']);
    expect(await codeOf('order2')).toBe('0');
  });

  test('that fails because of the card has used its order number up; one that was refused has not', async () => {
    expect([await codeOf('codeM9012'), await codeOf('codeM9012')]).toEqual(['-9012', '14']);
    expect([await codeOf('code400102'), await codeOf('code400102')]).toEqual(['400102', '400102']);
    expect((await client.query('codeM9012', ticket)).json.code).toBe('-9012');
  });

  test.each(['15', '400102', '400501', '999999', '-9011', '31415926'])('gives any code: %s', async (code) => {
    expect(await codeOf(orderNoForCode(code))).toBe(code);
  });

  test('HTTP status of failures can be set', async () => {
    sandbox.configure({ httpStatusOfFailures: 403 });
    expect((await client.recognize('codeM9011', ticket, JPEG)).status).toBe(403);
  });
});

describe('what is refused', () => {
  test.each([
    [{ appId: undefined }, '1'],
    [{ version: undefined }, '1'],
    [{ nonce: '' }, '1'],
    [{ sign: undefined }, '1'],
    [{ orderNo: undefined }, '1'],
    [{ orderNo: 5 }, '1'],
    [{ orderNoInUrl: null }, '1'],
    [{ bankcardStr: undefined }, '1'],
    [{ bankcardStr: '' }, '1'],
    [{ appId: 'IDANOBOD' }, '66660001'],
    [{ version: '1.0.1' }, '400502'],
    [{ orderNoInUrl: 'order2' }, '400101'],
    [{ nonce: 'short' }, '400101'],
    [{ nonce: `${'n'.repeat(31)}-` }, '400101'],
    [{ userId: 'u'.repeat(33) }, '400101'],
    [{ userId: 10_001 }, '400101'],
    [{ userId: ['u1'] }, '400101'],
    [{ sign: 'A'.repeat(40) }, '400101'],
    [{ bankcardStr: 'not-base64-at-all' }, '400101'],
    [{ bankcardStr: '/9j' }, '400101'],
  ])('%j: %s', async (change, code) => {
    const { json } = await client.recognize('order1', ticket, JPEG, change);
    expect(json).toMatchObject({ code, success: false });
    expect(json).not.toHaveProperty('result');
    expect((await client.query('order1', ticket)).json.code).toBe('66660020');
  });

  test.each([
    ['o'.repeat(33), '66660000'],
    ['order-1', '400101'],
    ['订单1', '400101'],
  ])('the order number %s: %s, and it is no entry of the journal', async (orderNo, code) => {
    expect(await codeOf(orderNo)).toBe(code);
    expect(kinds()).toEqual(['illegal-order-no']);
    expect(sandbox.journal().at(-1)).not.toHaveProperty('orderNo');
  });

  test('a user id of 32 characters is accepted, and is not signed', async () => {
    expect(await codeOf('order1', { userId: 'u'.repeat(32) })).toBe('0');
    expect(kinds()).toEqual([]);
  });

  test('Base64 of exactly 3 MB is accepted, a group more is not, and far more does not hang', async () => {
    const ofLength = (length: number) => JPEG.slice(0, 16).padEnd(length, 'A');
    expect(await codeOf('order1', {}, ofLength(THREE_MB))).toBe('0');
    expect(await codeOf('order2', {}, ofLength(THREE_MB + 4))).toBe('400601');
    expect(await codeOf('order3', {}, ofLength(3 * THREE_MB))).toBe('400601');
  });

  test.each([
    ['a form', { contentType: 'application/x-www-form-urlencoded' }, 'content-type'],
    ['no content type', { contentType: undefined }, 'content-type'],
    ['another JSON', { contentType: 'application/json5' }, 'content-type'],
    ['half a JSON', { body: '{"appId":' }, 'body'],
    ['a list', { body: '[]' }, 'body'],
    ['nothing', { body: '' }, 'body'],
  ])('%s: 400101, with what it is about', async (_what, how, detail) => {
    const { json } = await client.recognize('order1', ticket, JPEG, {}, how);
    expect([json.code, json.msg]).toEqual(['400101', `不合法请求:${detail}`]);
  });

  test('JSON may name its charset', async () => {
    const how = { contentType: 'application/json; charset=utf-8' };
    expect((await client.recognize('order1', ticket, JPEG, {}, how)).json.code).toBe('0');
  });

  test.each(['GET', 'PUT'])('the method %s: 405', async (method) => {
    const { status, headers } = await client.recognize('order1', ticket, JPEG, {}, { method });
    expect([status, headers.allow]).toEqual([405, 'POST']);
    expect(sandbox.calls).toMatchObject({ recognition: 0, unknown: 1 });
  });

  test('both spellings of the app id are accepted, or the only one that was set', async () => {
    const spellings = { appId: undefined, webankAppId: sandbox.appId };
    expect([await codeOf('order1'), await codeOf('order2', spellings)]).toEqual(['0', '0']);
    sandbox.configure({ hostProfile: 'idasc.webank.com' });
    expect([await codeOf('order3'), await codeOf('order4', spellings)]).toEqual(['1', '0']);
    sandbox.configure({ hostProfile: 'kyc1.qcloud.com' });
    expect([await codeOf('order5'), await codeOf('order6', spellings)]).toEqual(['0', '1']);
    // Those of the GETs are none.
    expect(await codeOf('order7', { appId: undefined, app_id: sandbox.appId })).toBe('1');
  });

  test('a dead ticket is told from a wrong signature, and both are counted as rejected', async () => {
    sandbox.killCredentials();
    expect(await codeOf('order1')).toBe('400102');
    sandbox.configure({ deadTicketCode: '15' });
    expect(await codeOf('order1')).toBe('15');
    expect(await codeOf('order1', { sign: 'B'.repeat(40) })).toBe('400101');
    expect(sandbox.rejected).toBe(3);
  });

  test('a change of any signed value breaks the signature', async () => {
    const nonce = freshNonce();
    expect((await client.recognize('order1', ticket.toLowerCase(), JPEG)).json.code).toBe('400101');
    expect(
      (await client.recognize('order1', ticket, JPEG, { orderNo: 'order2', orderNoInUrl: 'order2' })).json.code,
    ).toBe('400101');
    expect((await client.recognize('order1', ticket, JPEG, { nonce })).json.code).toBe('0');
  });
});

describe('evidence', () => {
  test('a nonce that was used before is reported, whichever endpoint had it', async () => {
    const nonce = freshNonce();
    await client.query('order1', ticket, { nonce });
    await client.recognize('order1', ticket, JPEG, { nonce });
    await client.recognize('order2', ticket, JPEG, { nonce: 'short' });
    await client.recognize('order3', ticket, JPEG, { userId: 'u'.repeat(33) });
    expect(kinds()).toEqual(['nonce-reused', 'illegal-nonce', 'illegal-user-id']);
  });

  test('calls are counted, and the journal has the order and who signed, never the image or the user', async () => {
    await client.recognize('order1', ticket, JPEG, { userId: 'canaryUser' });
    await codeOf('codeM9011');
    expect(sandbox.calls).toMatchObject({ recognition: 2, codes: { bankcardocrapp: { '0': 1, '-9011': 1 } } });
    expect(sandbox.journal().at(-2)).toEqual({
      at: clock.now(),
      endpoint: 'bankcardocrapp',
      outcome: 'answered',
      code: '0',
      orderNo: 'order1',
      generation: 1,
      ticket: 1,
    });
    const all = inspect([sandbox, sandbox.journal(), sandbox.violations(), sandbox.calls], { depth: Infinity });
    for (const canary of [JPEG, 'canaryUser', ticket]) expect(all).not.toContain(canary);
  });

  test('the concurrency limit counts recognitions and queries together', async () => {
    sandbox.configure({ concurrencyLimit: 1 });
    sandbox.injectFault({ endpoint: 'bankcardocrapp', kind: 'hang', times: 1 });
    const patience = new AbortController();
    const hanging = client.recognize('order1', ticket, JPEG, {}, { signal: patience.signal }).catch(() => 'gone');
    await until(() => sandbox.calls.recognition === 1);
    expect((await client.query('order2', ticket)).json.code).toBe('400506');
    expect(await codeOf('order2')).toBe('400506');
    patience.abort();
    await hanging;
    await until(() => sandbox.inFlight === 0);
    expect(await codeOf('order2')).toBe('0');
  });
});

describe('faults', () => {
  test('lost-response: the card was recognized, the client sees a closed connection', async () => {
    sandbox.injectFault({ endpoint: 'bankcardocrapp', orderNo: 'order1', kind: 'lost-response' });
    await expect(client.recognize('order1', ticket, JPEG)).rejects.toThrow('socket hang up');
    expect(sandbox.journal().at(-1)).toMatchObject({ orderNo: 'order1', code: '0', outcome: 'lost' });
    expect((await client.query('order1', ticket)).json.code).toBe('0');
    expect(await codeOf('order2')).toBe('0');
  });

  test.each(['reset', 'html-502', 'empty-body'] as const)('%s: nothing was recognized', async (kind) => {
    sandbox.injectFault({ endpoint: 'bankcardocrapp', kind });
    await client.recognize('order1', ticket, JPEG).catch(() => undefined);
    expect((await client.query('order1', ticket)).json.code).toBe('66660020');
  });

  test('slow: recognized at once, answered later', async () => {
    sandbox.injectFault({ endpoint: 'bankcardocrapp', kind: 'slow', delayMs: 5_000 });
    const answer = codeOf('order1');
    await until(() => clock.pendingTimers === 1);
    expect((await client.query('order1', ticket)).json.code).toBe('0');
    clock.advance(5_000);
    expect(await answer).toBe('0');
  });

  test('a client that goes in the middle of its image leaves nothing behind', async () => {
    const patience = new AbortController();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from('{"appId":')),
    });
    const init = { method: 'POST', body, duplex: 'half', signal: patience.signal } as RequestInit;
    const answer = fetch(`${sandbox.url}/api/paas/bankcardocrapp?orderNo=order1`, init).catch(() => 'gone');
    await until(() => sandbox.inFlight === 1);
    patience.abort();
    expect(await answer).toBe('gone');
    await until(() => sandbox.inFlight === 0);
    expect(sandbox.calls.recognition).toBe(0);
  });
});

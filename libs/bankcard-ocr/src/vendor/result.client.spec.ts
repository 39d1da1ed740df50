import { inspect } from 'node:util';
import { SystemClock } from '../runtime/clock.js';
import { failureOf, OddVendor, NEVER, TRANSPORT_KINDS } from './odd-vendor.test-support.js';
import { ResultClient } from './result.client.js';

const QUERY = {
  appId: 'IDA00001',
  orderNo: 'order0001',
  version: '1.0.0',
  nonce: 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T',
  sign: '4AE72E6FBC2E9E1282922B013D1B4C2CBD38C4BD',
};
const OK = JSON.stringify({ code: '0', result: { bankCardNo: '6222021234567890128', bankcardNoPhoto: 'AAAA' } });

let vendor: OddVendor;

beforeEach(async () => {
  vendor = await OddVendor.start();
});
afterEach(() => vendor.stop());

function query(photos: boolean, appIdField = 'app_id', change: Partial<typeof QUERY> = {}) {
  const { appId, version } = QUERY;
  const options = { path: '/prefix/q', appIdField, appId, version };
  const client = new ResultClient(vendor.exchange(), new SystemClock(), options);
  const request = {
    signed: { ...QUERY, ...change },
    attempt: 2,
    generation: 5,
    timeoutMs: 60_000,
    cancellation: NEVER,
  };
  return client.queryResult(request, photos && 'kept', (result) => result);
}

describe('a query', () => {
  it.each(['app_id', 'appId', 'webankAppId'])('sends what was signed, spelled %s', async (name) => {
    vendor.answer = (response) => response.end(OK);
    await query(false, name);
    const { pathname, searchParams } = new URL(vendor.served[0] ?? '', 'http://host');
    const { appId, orderNo, nonce, version, sign } = QUERY;
    expect(pathname).toBe('/prefix/q');
    expect(Object.fromEntries(searchParams)).toEqual({ [name]: appId, order_no: orderNo, nonce, version, sign });
    expect(vendor.records).toMatchObject([{ endpoint: 'getBankCardOcrResult', attempt: 2, generation: 5 }]);
  });

  it('asks for photos with exactly get_file=1, and reads them only then', async () => {
    vendor.answer = (response) => response.end(OK);
    expect((await query(true)).photos).toMatchObject({ status: 'complete', numberStrip: { size: 3 } });
    expect(vendor.served[0]).toMatch(/[?&]get_file=1(&|$)/);
    expect((await query(false)).photos).toEqual({ status: 'absent', damaged: [] });
    expect(vendor.served[1]).not.toContain('get_file');
  });

  it.each([
    ['as it is', String],
    ['in lower case', (text: string) => text.toLowerCase()],
    ['in Base64', (text: string) => Buffer.from(text).toString('base64')],
  ])('does not show nonce and signature when the vendor repeats them %s', async (_spelling, spell) => {
    const repeated = `${spell(QUERY.sign)} / ${spell(QUERY.nonce)} / ${spell('x')}`;
    vendor.answer = (response) =>
      response.end(JSON.stringify({ code: '400101', msg: repeated, bizSeqNo: QUERY.nonce }));
    const error = await failureOf(query(false));
    const shown = inspect(error, { depth: Infinity, showHidden: true }) + inspect(vendor.records);
    for (const value of [QUERY.sign, QUERY.nonce]) {
      expect(shown.toLowerCase()).not.toContain(value.toLowerCase());
      expect(shown).not.toContain(spell(value));
    }
    expect(error.vendorMessage).toMatch(/^\[redacted\] \/ \[redacted\] \/ /);
  });

  it('does not show them on a result either', async () => {
    vendor.answer = (response) => {
      response.end(JSON.stringify({ code: '0', msg: response.req.url, bankCardNo: '6222021234567890128' }));
    };
    const shown = inspect(await query(false), { depth: Infinity, showHidden: true });
    for (const value of [QUERY.sign, QUERY.nonce, '6222021234567890128']) expect(shown).not.toContain(value);
  });
});

describe.each(TRANSPORT_KINDS)('over %s', (kind) => {
  beforeEach(async () => {
    await vendor.stop();
    vendor = await OddVendor.start(kind);
  });

  const serve = (...body: (string | Buffer)[]) => {
    vendor.answer = (response) => {
      response.setHeader('content-type', 'text/plain;charset=GBK');
      response.end(Buffer.concat(body.map((part) => Buffer.from(part as string))));
    };
  };
  /** 不合法请求 in GBK. */
  const MESSAGE = Buffer.from('b2bbbacfb7a8c7ebc7f3', 'hex');

  it.each([false, true])('a failure in GBK keeps its code and its message (photos: %p)', async (photos) => {
    serve('{"code":"66660020","msg":"', MESSAGE, '","success":false}');
    const failure = await failureOf(query(photos));
    expect(failure).toMatchObject({ code: 'ORDER_NOT_FOUND', vendorCode: '66660020', vendorMessage: '不合法请求' });
  });

  it.each([false, true])('a result in GBK is read (photos: %p)', async (photos) => {
    serve('{"code":"0","msg":"', MESSAGE, '","result":{"bankCardNo":"6222021234567890128","bankcardNoPhoto":"AAAA"}}');
    const result = await query(photos);
    expect(result).toMatchObject({ vendorMessage: '不合法请求', photos: { status: photos ? 'complete' : 'absent' } });
    expect(result.cardNumber.reveal()).toBe('6222021234567890128');
  });

  it.each([false, true])('the card of a neighboring order number is not handed out (photos: %p)', async (photos) => {
    const orderNo = '1984602893847461889';
    const answered = (number: string) => `{"code":"0","orderNo":${number},"bankCardNo":"6222021234567890128"}`;
    serve(answered('1984602893847461890'));
    const failure = await failureOf(query(photos, 'app_id', { orderNo }));
    expect(failure).toMatchObject({
      code: 'RESPONSE_MALFORMED',
      message: expect.stringMatching(/another order/) as string,
    });
    serve(answered(orderNo));
    expect(await query(photos, 'app_id', { orderNo })).toMatchObject({ orderNo });
  });
});

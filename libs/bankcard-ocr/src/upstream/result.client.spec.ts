import { inspect } from 'node:util';
import { SystemClock } from '../clock.js';
import { failureOf, OddVendor, NEVER } from './odd-vendor.contract.js';
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

function query(photos: boolean, appIdParameter = 'app_id') {
  const { appId, version } = QUERY;
  const options = { path: '/prefix/q', appIdParameter, appId, version };
  const client = new ResultClient(vendor.exchange(), new SystemClock(), options);
  const request = { query: QUERY, attempt: 2, generation: 5, timeoutMs: 2_000, cancellation: NEVER };
  return client.queryResult(request, photos && 'kept');
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
    expect((await query(true)).photos).toMatchObject({ status: 'complete', number: { size: 3 } });
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

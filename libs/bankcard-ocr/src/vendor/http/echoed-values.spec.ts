import { inspect } from 'node:util';
import { SystemClock } from '../../runtime/clock.js';
import type { BankCardOcrResult } from '../../card/bank-card-ocr-result.js';
import { SecretText } from '../../runtime/secret-text.js';
import { AuthClient } from '../auth.client.js';
import { failureOf, NEVER, OddVendor, TRANSPORT_KINDS } from '../odd-vendor.test-support.js';
import { RecognitionClient } from '../recognition.client.js';
import { ResultClient } from '../result.client.js';

/** Short, where they may be: what is long enough for a secret goes by itself. */
const SENT = {
  appId: 'IDA7',
  secret: 's3cr3tS3cr3t',
  accessToken: 't0k3nT0k3n',
  userId: 'u7',
  orderNo: 'o7',
  nonce: 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T',
  sign: '4AE72E6FBC2E9E1282922B013D1B4C2CBD38C4BD',
};
const { appId, secret, accessToken, userId, orderNo, nonce, sign } = SENT;
const version = '1.0.0';
const signed = { appId, orderNo, version, nonce, sign };
const ATTEMPT = { attempt: 1, generation: 1, timeoutMs: 60_000, cancellation: NEVER };
const PAN = '6222021234567890128';

type Call = (vendor: OddVendor) => Promise<unknown>;
const auth = (vendor: OddVendor) => {
  const paths = { accessToken: '/token', apiTicket: '/ticket' };
  const options = {
    appId,
    secret: new SecretText(secret),
    appIdFields: { accessToken: 'app_id', apiTicket: 'app_id' } as const,
    version,
    paths,
  };
  return new AuthClient(vendor.exchange(), { ...options, timeoutMs: 60_000 });
};
const { signal } = new AbortController();
const query = (vendor: OddVendor): Promise<BankCardOcrResult> => {
  const client = new ResultClient(vendor.exchange(), new SystemClock(), {
    path: '/q',
    appIdField: 'app_id',
    ...signed,
  });
  return client.queryResult({ signed, ...ATTEMPT }, false, (result) => result);
};
const CALLS: Readonly<Record<string, readonly [sent: readonly (keyof typeof SENT)[], call: Call]>> = {
  access_token: [['appId', 'secret'], (vendor) => auth(vendor).accessToken(1, signal)],
  'api_ticket, SIGN': [
    ['appId', 'accessToken'],
    (vendor) => auth(vendor).apiTicket({ accessToken, generation: 1, attempt: 1, signal }),
  ],
  'api_ticket, NONCE': [
    ['appId', 'accessToken', 'userId'],
    (vendor) => auth(vendor).apiTicket({ accessToken, userId, generation: 1, attempt: 1, signal }),
  ],
  getBankCardOcrResult: [['appId', 'orderNo', 'nonce', 'sign'], query],
  bankcardocrapp: [
    ['appId', 'orderNo', 'nonce', 'sign', 'userId'],
    (vendor) => {
      const client = new RecognitionClient(vendor.exchange(), new SystemClock(), { path: '/r', appIdField: 'appId' });
      return client.recognize({ signed, userId, image: 'AAAA', ...ATTEMPT });
    },
  ],
};

const SPELLINGS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'in lower case': (text) => text.toLowerCase(),
  'in upper case': (text) => text.toUpperCase(),
  'percent-encoded': (text) => text.replace(/./g, (one) => `%${one.charCodeAt(0).toString(16)}`),
  'full-width': (text) => text.replace(/[!-~]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)),
  'with zero-width spaces': (text) => [...text].join('\u200b'),
};

describe.each(TRANSPORT_KINDS)('a vendor that repeats what it was sent, over %s', (kind) => {
  let vendor: OddVendor;

  beforeEach(async () => {
    vendor = await OddVendor.start(kind);
  });
  afterEach(() => vendor.stop());

  describe.each(Object.keys(CALLS))('%s', (endpoint) => {
    const [names, call] = CALLS[endpoint]!;

    it.each(Object.keys(SPELLINGS))('does not have it shown: %s', async (spelling) => {
      const spell = SPELLINGS[spelling]!;
      const echo = names.map((name) => `${name}=[${spell(SENT[name])}]`).join(' ');
      vendor.answer = (response) => response.end(JSON.stringify({ code: '400103', msg: `不合法请求 ${echo}` }));
      const error = await failureOf(call(vendor));
      expect(error.vendorMessage).toBe(`不合法请求 ${names.map((name) => `${name}=[[redacted]]`).join(' ')}`);
    });
  });

  it('moves no cursor and turns no text round, whatever field it puts that into', async () => {
    const odd = '\u001b[2J\u0007\u009b31m\u202e\u2066\u200f\u0000\r\n\u2028';
    const fields = {
      bankCardNo: `6222${odd}021234567${odd}890128`,
      bankCardValidDate: `12/${odd}2031`,
      warnCode: `-9110${odd}`,
      multiWarnCode: `[-9111${odd}]`,
      operateTime: odd,
      clarity: odd,
      bizSeqNo: odd,
      [`extra${odd}`]: `value${odd}`,
    };
    vendor.answer = (response) => response.end(JSON.stringify({ code: '0', msg: `ok${odd}`, result: fields }));
    const result = await query(vendor);
    expect(result.cardNumber.reveal()).toBe(PAN);
    const { vendorMessage, validity, warnings, extra } = result;
    const texts = [vendorMessage, validity.raw, ...warnings.map(({ code }) => code), result.cardNumber.masked];
    const extras = extra.names().flatMap((name) => [name, String(extra.get(name))]);
    expect(texts.concat(extras).join('')).toMatch(/^[ -~]+$/);
    expect(extras.join()).toMatch(/^extra +,value +$/);
    expect(inspect(result, { depth: Infinity })).not.toContain('\u001b');
  });
});

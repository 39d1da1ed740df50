import { SecretText } from '../runtime/secret-text.js';
import { AuthClient, type AuthClientOptions } from './auth.client.js';
import { Semaphore } from '../runtime/semaphore.js';
import { CANARY, failureOf, NEVER, OddVendor } from './odd-vendor.test-support.js';

const TOKEN = 'fz3HuYwpkzNh_EFxVFbTvbJWYEJQwvgKEdM7lvWPzBMxJYMXD-0Uo8vZRM3qyxK_ZM3kQy6N8TqrDYpCh2gb1ZbZ1T';
const TICKET = 'XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS';

/** The logged answers of protocol.md section 3, with a token and a ticket of the documented length. */
const TOKEN_ANSWER = {
  code: '0',
  msg: '请求成功',
  bizSeqNo: '24072620001184415214363812482752',
  transactionTime: '20240726143638',
  success: true,
  access_token: TOKEN,
  expire_in: 7200,
  expire_time: '20240726163638',
};
const TICKET_ANSWER = {
  code: '0',
  msg: '请求成功',
  transactionTime: '20240726143840',
  success: true,
  tickets: [{ value: TICKET, expire_in: 3600, expire_time: '20240726153839' }],
};

let vendor: OddVendor;
const signal = new AbortController().signal;

beforeEach(async () => {
  vendor = await OddVendor.start();
});
afterEach(() => vendor.stop());

function client(change: Partial<AuthClientOptions> = {}, gate?: Semaphore): AuthClient {
  return new AuthClient(vendor.exchange({ gate }), {
    appId: 'IDA00001',
    secret: new SecretText(CANARY),
    appIdFields: { accessToken: 'app_id', apiTicket: 'app_id' },
    version: '1.0.0',
    paths: { accessToken: '/prefix/token', apiTicket: '/prefix/ticket' },
    timeoutMs: 60_000,
    ...change,
  });
}

const asked = () => {
  const { pathname, searchParams } = new URL(vendor.served.at(-1) ?? '', 'http://host');
  return { path: pathname, ...Object.fromEntries(searchParams) };
};
const answering = (json: unknown) => (vendor.answer = (response) => response.end(JSON.stringify(json)));
const token = () => client().accessToken(1, signal);
const ticket = () => client().apiTicket({ accessToken: CANARY, generation: 3, attempt: 1, signal });
const nonceTicket = (userId = 'user0001') => {
  return client().apiTicket({ accessToken: CANARY, userId, generation: 3, attempt: 2, signal });
};

describe('the access token', () => {
  it.each(['app_id', 'appId', 'webankAppId'] as const)(
    'is asked for by the documented parameters, spelled %s',
    async (name) => {
      answering(TOKEN_ANSWER);
      const { value, lifeMs, sentAt } = await client({
        appIdFields: { accessToken: name, apiTicket: 'app_id' },
      }).accessToken(1, signal);
      expect(asked()).toEqual({
        path: '/prefix/token',
        [name]: 'IDA00001',
        secret: CANARY,
        grant_type: 'client_credential',
        version: '1.0.0',
      });
      expect({ value, lifeMs }).toEqual({ value: TOKEN, lifeMs: 7_200_000 });
      expect(Math.abs(Date.now() - sentAt.epochMs)).toBeLessThan(600_000);
    },
  );

  it.each<[unknown, number]>([
    [7200, 7_200_000],
    ['7200', 7_200_000],
    [60, 60_000],
    [undefined, 7_200_000],
    ['soon', 7_200_000],
    [null, 7_200_000],
    [{ seconds: 5 }, 7_200_000],
    [1e15, 86_400_000],
  ])('with expire_in %j lives %i ms', async (expire_in, lifeMs) => {
    answering({ ...TOKEN_ANSWER, expire_in });
    await expect(token()).resolves.toMatchObject({ lifeMs });
  });

  it('is not judged by expire_time', async () => {
    answering({ ...TOKEN_ANSWER, expire_time: '19990101000000' });
    await expect(token()).resolves.toMatchObject({ lifeMs: 7_200_000 });
  });

  it.each([undefined, null, '', ' ', 5, {}, ['x'], true, 'two words', '令牌', 'x'.repeat(1_025)])(
    'is refused as %p, without asking for another one, which would end the previous',
    async (access_token) => {
      answering({ ...TOKEN_ANSWER, access_token });
      const error = await failureOf(token());
      expect(error).toMatchObject({ code: 'RESPONSE_MALFORMED', retryable: false, bizSeqNo: TOKEN_ANSWER.bizSeqNo });
      expect(vendor.served).toHaveLength(1);
    },
  );

  it('is taken at the documented lengths', async () => {
    for (const length of [64, 90]) {
      answering({ ...TOKEN_ANSWER, access_token: TOKEN.slice(0, length) });
      expect((await token()).value).toHaveLength(length);
    }
  });
});

describe('the SIGN ticket', () => {
  it('is asked for by the documented parameters', async () => {
    answering(TICKET_ANSWER);
    const { value, lifeMs } = await ticket();
    expect(asked()).toEqual({
      path: '/prefix/ticket',
      app_id: 'IDA00001',
      access_token: CANARY,
      type: 'SIGN',
      version: '1.0.0',
    });
    expect({ value, lifeMs }).toEqual({ value: TICKET, lifeMs: 3_600_000 });
    expect(vendor.records).toMatchObject([{ endpoint: 'api_ticket', generation: 3, outcome: 'OK' }]);
  });

  it.each<[string, unknown, number]>([
    ['the logged form', [{ value: TICKET, expire_in: 3600 }], 3_600_000],
    ['seconds as text', [{ value: TICKET, expire_in: '3600' }], 3_600_000],
    ['no life', [{ value: TICKET }], 3_600_000],
    ['a shorter life', [{ value: TICKET, expire_in: 60 }], 60_000],
    ['an object instead of a list', { value: TICKET, expire_in: 60 }, 60_000],
    ['more than one', [{ value: TICKET }, { value: 'other' }], 3_600_000],
  ])('is read from %s', async (_form, tickets, lifeMs) => {
    answering({ ...TICKET_ANSWER, tickets });
    await expect(ticket()).resolves.toMatchObject({ value: TICKET, lifeMs });
  });

  it.each([
    undefined,
    null,
    [],
    {},
    'x',
    5,
    [null],
    [TICKET],
    [[]],
    [{ value: '' }],
    [{ value: 5 }],
    [{ value: 'a b' }],
  ])('is refused as %j', async (tickets) => {
    answering({ ...TICKET_ANSWER, tickets });
    expect(await failureOf(ticket())).toMatchObject({ code: 'RESPONSE_MALFORMED', retryable: false });
  });
});

describe('the NONCE ticket', () => {
  const NONCE_ANSWER = {
    ...TICKET_ANSWER,
    tickets: [{ value: TICKET, expire_in: 120, expire_time: '20240726144040' }],
  };

  it('is asked for by the documented parameters, for one user', async () => {
    answering(NONCE_ANSWER);
    const { value, lifeMs, sentAt } = await nonceTicket();
    expect(asked()).toEqual({
      path: '/prefix/ticket',
      app_id: 'IDA00001',
      access_token: CANARY,
      type: 'NONCE',
      version: '1.0.0',
      user_id: 'user0001',
    });
    expect({ value, lifeMs }).toEqual({ value: TICKET, lifeMs: 120_000 });
    expect(Math.abs(Date.now() - sentAt.epochMs)).toBeLessThan(600_000);
    expect(vendor.records).toMatchObject([{ endpoint: 'api_ticket', generation: 3, attempt: 2, outcome: 'OK' }]);
  });

  it.each<[unknown, number]>([
    ['120', 120_000],
    [60, 60_000],
    [undefined, 120_000],
    ['soon', 120_000],
  ])('with expire_in %j lives %i ms', async (expire_in, lifeMs) => {
    answering({ ...NONCE_ANSWER, tickets: [{ value: TICKET, expire_in }] });
    await expect(nonceTicket()).resolves.toMatchObject({ lifeMs });
  });

  it('may be asked for again when it cannot be read: that ends nothing', async () => {
    answering({ ...NONCE_ANSWER, tickets: [] });
    expect(await failureOf(nonceTicket())).toMatchObject({ code: 'RESPONSE_MALFORMED', retryable: true });
  });

  it('is not shown by what repeats the request, nor is its user', async () => {
    answering({ code: '400101', msg: `不合法请求: user0001 ${CANARY}` });
    expect((await failureOf(nonceTicket())).vendorMessage).toBe('不合法请求: [redacted] [redacted]');
    answering({ code: '400101', msg: 'bad u' });
    expect((await failureOf(nonceTicket('u'))).vendorMessage).toBe('bad [redacted]');
  });
});

it('only what everybody waits for goes before those who wait for a connection', async () => {
  answering(TICKET_ANSWER);
  const gate = new Semaphore(1);
  await gate.acquire(NEVER, false);
  const auth = client({}, gate);
  const order: string[] = [];
  const asking = [
    auth
      .apiTicket({ accessToken: CANARY, userId: 'u', generation: 1, attempt: 1, signal })
      .then(() => order.push('NONCE')),
    auth.apiTicket({ accessToken: CANARY, generation: 1, attempt: 1, signal }).then(() => order.push('SIGN')),
  ];
  gate.release();
  await Promise.all(asking);
  expect(order).toEqual(['SIGN', 'NONCE']);
});

it.each([
  ['access_token', token],
  ['api_ticket', ticket],
])('what the vendor repeats of a request to %s is not shown', async (_endpoint, ask) => {
  for (const spell of [String, encodeURIComponent, (text: string) => Buffer.from(text).toString('base64')]) {
    answering({ code: '400101', msg: `不合法请求: ${spell(CANARY)}` });
    const { vendorMessage } = await failureOf(ask());
    expect(vendorMessage).toBe('不合法请求: [redacted]');
  }
});

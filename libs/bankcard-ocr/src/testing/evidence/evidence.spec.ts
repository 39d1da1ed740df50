import { inspect } from 'node:util';
import { Vendor } from '../endpoints/vendor.js';
import { KycSandbox } from '../kyc-sandbox.js';
import { DEFAULT_SETTINGS } from '../kyc-sandbox.options.js';
import { ManualClock } from '../manual-clock.js';
import { freshNonce, PlainClient, sha1OfSorted } from '../plain-client.test-support.js';
import { EvidenceLog } from './evidence.js';

const CLEAN = KycSandbox.EXAMPLE_ORDERS.clean;

describe('evidence', () => {
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

  test('the journal tells the story of a refresh, a query and what befell the partner', async () => {
    const { ticket } = await client.refresh();
    clock.advance(1_000);
    await client.query(CLEAN, ticket, { get_file: '1' });
    await client.query('order-1', ticket);
    sandbox.foreignRefresh();
    sandbox.killCredentials();
    sandbox.changeSecret();
    const start = clock.now() - 1_000;
    const answered = { outcome: 'answered' };
    expect(sandbox.journal()).toEqual([
      { at: start, endpoint: 'access_token', ...answered, code: '0', generation: 1 },
      { at: start, endpoint: 'api_ticket', ...answered, code: '0', generation: 1, ticket: 1, ticketType: 'SIGN' },
      {
        at: clock.now(),
        endpoint: 'getBankCardOcrResult',
        ...answered,
        code: '0',
        orderNo: CLEAN,
        photos: true,
        generation: 1,
        ticket: 1,
      },
      // An illegal order number could be anything, a card number for one: it is not kept.
      { at: clock.now(), endpoint: 'getBankCardOcrResult', ...answered, code: '400101', photos: false },
      { at: clock.now(), endpoint: 'foreign-refresh', ...answered, generation: 2, ticket: 2 },
      { at: clock.now(), endpoint: 'kill-credentials', ...answered },
      { at: clock.now(), endpoint: 'change-secret', ...answered },
    ]);
  });

  test('calls are counted by endpoint, type and code', async () => {
    const { token, ticket } = await client.refresh();
    await client.nonceTicket(token, 'user1');
    await client.apiTicket(token, { type: 'other' });
    await client.query(CLEAN, ticket);
    await client.query('codeM9011', ticket);
    await client.get('/nowhere');
    expect(sandbox.calls).toEqual({
      accessToken: 1,
      apiTicket: 3,
      signTicket: 1,
      nonceTicket: 1,
      result: 2,
      recognition: 0,
      sibling: 0,
      unknown: 1,
      codes: {
        access_token: { '0': 1 },
        api_ticket: { '0': 2, '400103': 1 },
        getBankCardOcrResult: { '0': 1, '-9011': 1 },
        bankcardocrapp: {},
        getOcrResult: {},
        queryfacerecord: {},
      },
    });
  });

  test('no secret, token, ticket, signature, nonce or card number is in it', async () => {
    const { secret } = sandbox;
    const { token, ticket } = await client.refresh();
    const nonceTicket: string = (await client.nonceTicket(token, 'user1')).json.tickets[0].value;
    const nonce = freshNonce();
    const card: string = (await client.query(CLEAN, ticket, { nonce })).json.result.bankCardNo;
    await client.query(CLEAN, ticket, { nonce });
    await client.query(`${card}@`, ticket, { nonce: `${nonce}x` });
    await client.apiTicket(token, { type: 'NONCE', user_id: `${card}@` });
    await client.apiTicket(token);
    await client.nonceTicket(token, 'user1');
    const sign = sha1OfSorted([sandbox.appId, CLEAN, nonce, '1.0.0', ticket]);
    const all = inspect([sandbox, sandbox.journal(), sandbox.violations(), sandbox.calls], {
      depth: Infinity,
      maxArrayLength: null,
      maxStringLength: null,
    });
    expect(sandbox.violations().map(({ kind }) => kind)).toEqual([
      'nonce-reused',
      'illegal-order-no',
      'illegal-nonce',
      'illegal-user-id',
      'sign-ticket-on-the-side',
      'nonce-ticket-too-soon',
    ]);
    for (const canary of [secret, token, ticket, nonceTicket, nonce, card, sign]) expect(all).not.toContain(canary);
  });

  test('what was handed out does not change any more, and changes nothing', async () => {
    const { token } = await client.refresh();
    await client.apiTicket(token);
    const [calls, journal, violations] = [sandbox.calls, sandbox.journal(), sandbox.violations()];
    await client.refresh();
    Object.assign(journal[0] ?? {}, { code: 'changed' });
    expect([calls.accessToken, journal.length, violations.length]).toEqual([1, 3, 1]);
    expect(sandbox.journal()[0]?.code).toBe('0');
  });
});

test('a log forgets its oldest entries when it is full', () => {
  const log = new EvidenceLog<{ readonly at: number; readonly number: number }>({ clock: new ManualClock() }, 100);
  for (let number = 1; number <= 101; number += 1) log.add({ number });
  const numbers = log.snapshot().map(({ number }) => number);
  expect([numbers.length, numbers[0], numbers.at(-1)]).toEqual([91, 11, 101]);
});

/** What a client over a socket can hardly be made to do in time; all else is in violations.spec.ts. */
describe('RefreshWatch, when the connection ends while the response is being written', () => {
  function start() {
    const vendor = new Vendor('IDASANDB', 'secret', new ManualClock(), {
      ...DEFAULT_SETTINGS,
      minRefreshIntervalMs: 60_000,
    });
    const { ledger, refreshWatch: watch, violations } = vendor;
    const token = ledger.issue('token');
    const call = watch.arrived('access_token');
    watch.latest = token;
    watch.ended(call, '0');
    return { ledger, watch, token, call, violations };
  }

  test('a ticket that was delivered and then lost may be fetched again', () => {
    const { watch, token, violations } = start();
    const ticketCall = watch.arrived('api_ticket', token);
    watch.ended(ticketCall, '0');
    watch.abandoned(ticketCall);
    watch.ended(watch.arrived('api_ticket', token), '0');
    expect(violations.snapshot()).toEqual([]);
    watch.arrived('api_ticket', token);
    expect(violations.snapshot()).toMatchObject([{ kind: 'sign-ticket-on-the-side' }]);
  });

  test('a token that was delivered and then lost may be followed by another one at once', () => {
    const { ledger, watch, token, call, violations } = start();
    watch.abandoned(call);
    const next = watch.arrived('access_token');
    expect(violations.snapshot()).toEqual([]);
    watch.latest = ledger.issue('token');
    watch.abandoned(next);
    watch.arrived('api_ticket', token);
    expect(violations.snapshot()).toMatchObject([{ kind: 'refresh-interleaved' }]);
  });
});

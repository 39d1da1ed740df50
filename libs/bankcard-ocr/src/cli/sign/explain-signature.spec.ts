import { createHash, createHmac } from 'node:crypto';
import { sign } from '../../signature/signature.service.js';
import { explainSignature, type SignatureCase } from './explain-signature.js';
import type { KnownTicket } from './ticket-sources.js';

const APP_ID = 'appId001';
const ORDER = 'test1480921551481';
const USER = 'aabc1457895464';
const NONCE = 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T';
const VERSION = '1.0.0';
const TICKET = 'FxlAe3HFtEy73Um0pJNzIUriwtfnS3KRcPXiesd5ulS4XRAIcT0FbfaP52dwZf5S';
const EARLIER = 'XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS';
const NONCE_TICKET = 'duSz9ptwyW1Xn7r6gYItxz3feMdJ8Na5x7JZuoxurE7RcI5TdwCE4KT2eEeNNDoe';
const TOKEN = 'canaryAccessToken'.repeat(5);
const SECRET = 'canaryAppSecret'.repeat(4);

const TICKETS: KnownTicket[] = [
  { type: 'SIGN', text: TICKET, state: 'current', generation: 9 },
  { type: 'SIGN', text: EARLIER, state: 'replaced', generation: 8, sinceMs: 300_000 },
  { type: 'NONCE', text: NONCE_TICKET, state: 'given' },
  { type: 'token', text: TOKEN, state: 'current', generation: 9 },
  { type: 'secret', text: SECRET, state: 'given' },
];
const VALUES = { appId: APP_ID, orderNo: ORDER, userId: USER, nonce: NONCE, version: VERSION };
const QUERY = [APP_ID, ORDER, VERSION, NONCE];
const LAUNCH = [APP_ID, USER, VERSION, NONCE];

const hex = (bytes: Buffer) => bytes.toString('hex').toUpperCase();
const sha1 = (text: string | Buffer) => hex(createHash('sha1').update(text).digest());
const sorted = (...values: string[]) => values.toSorted((a, b) => (a < b ? -1 : 1));
const joined = (...values: string[]) => sorted(...values).join('');
const ALL = joined(...QUERY, TICKET);

function explain(change: Partial<SignatureCase>) {
  const given = { purpose: 'query', values: VALUES, sign: '', tickets: TICKETS, ...change } as const;
  const explanation = explainSignature(given);
  // What may be shown is searched for everything that may not.
  const shown = JSON.stringify(explanation);
  for (const secret of [...TICKETS.map(({ text }) => text), NONCE, given.sign]) {
    if (secret !== '') expect(shown).not.toContain(secret);
  }
  return explanation;
}

const rulesOf = (change: Partial<SignatureCase>) => explain(change).broken.map(({ rule }) => rule);

describe('a signature that fits', () => {
  it.each([
    ['a query', { sign: sign(QUERY, TICKET) }],
    ['a launch', { purpose: 'launch', sign: sign(LAUNCH, NONCE_TICKET) }],
    ['a report', { purpose: 'report', sign: sign([APP_ID, ORDER], TICKET) }],
    ['a report in lower case', { purpose: 'report', sign: sign([APP_ID, ORDER], TICKET).toLowerCase() }],
    ['a report that comes late', { purpose: 'report', sign: sign([APP_ID, ORDER], EARLIER) }],
  ] as const)('as that of %s', (_what, change) => {
    expect(explain(change)).toMatchObject({ fits: true, broken: [] });
  });

  it('says with which generation it was made', () => {
    expect(explain({ sign: sign(QUERY, TICKET) }).ticket).toEqual({ type: 'SIGN', state: 'current', generation: 9 });
  });
});

describe('a signature that does not fit', () => {
  it.each([
    // The vectors of wrong ways in docs/protocol.md, section 4: a launch of the vendor's own example.
    ['6993167F07AAE4813B2265E96838036F1376908F', 'order', 'sorted by a locale'],
    [
      'B28D8EBC24ACB5FC71746E56209926536F06B68B',
      'order',
      'not sorted, but joined as app id, nonce, user id, ticket, version',
    ],
  ])('%s: %s, %s', (wrong, rule, how) => {
    const tickets: KnownTicket[] = [{ type: 'NONCE', text: TICKET, state: 'given' }];
    const { broken } = explain({ purpose: 'launch', tickets, sign: wrong });
    expect(broken).toEqual([{ rule, how: expect.objectContaining({ en: how }) }]);
  });

  it('DBE09685AFB2C88EB825EA74CBF88107AA6A2DBF: a line end stands behind the values', () => {
    const tickets: KnownTicket[] = [{ type: 'NONCE', text: EARLIER, state: 'given' }];
    const values = { appId: 'IDAXXXXX', userId: 'userID19959248596551', nonce: NONCE, version: VERSION };
    const wrong = 'DBE09685AFB2C88EB825EA74CBF88107AA6A2DBF';
    const { broken } = explain({ purpose: 'launch', tickets, values, sign: wrong });
    expect(['line-end', 'white-space']).toContain(broken[0]?.rule);
    expect(broken).toHaveLength(1);
  });

  it.each([
    [
      'not sorted',
      sha1([APP_ID, ORDER, VERSION, NONCE, TICKET].join('')),
      'order',
      'app id, order number, version, nonce, ticket',
    ],
    [
      'in an order of its own',
      sha1([NONCE, TICKET, APP_ID, VERSION, ORDER].join('')),
      'order',
      'nonce, ticket, app id',
    ],
    ['the ticket at the end', sha1(joined(...QUERY) + TICKET), 'order', 'put at the end'],
    [
      'without regard to letter case',
      sha1([...QUERY, TICKET].toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).join('')),
      'order',
      'sorted',
    ],
    ['the nonce is missing', sha1(joined(APP_ID, ORDER, VERSION, TICKET)), 'missing-value', 'the nonce is missing'],
    ['the ticket is missing', sha1(joined(...QUERY)), 'missing-value', 'the ticket is missing'],
    ['get_file is signed', sha1(joined(...QUERY, '1', TICKET)), 'extra-value', 'get_file'],
    ['the user id is signed', sha1(joined(...QUERY, USER, TICKET)), 'extra-value', 'the user id is signed too'],
    ['the values of a launch', sign(LAUNCH, TICKET), 'other-purpose', 'a launch of the phone SDK'],
    ['another version', sign([APP_ID, ORDER, '1.0', NONCE], TICKET), 'version', 'version 1.0 was signed'],
    ['a line end behind the ticket', sign(QUERY, `${TICKET}\n`), 'white-space', 'the ticket has a line end'],
    [
      'a blank behind the order number',
      sign([APP_ID, `${ORDER} `, VERSION, NONCE], TICKET),
      'white-space',
      'the order number',
    ],
    ['a byte order mark', sign([APP_ID, ORDER, VERSION, NONCE], `\uFEFF${TICKET}`), 'charset', 'byte order mark'],
    [
      'quotation marks',
      sign([APP_ID, ORDER, VERSION, `"${NONCE}"`], TICKET),
      'encoding',
      'the nonce has quotation marks',
    ],
    [
      'a nonce in upper case',
      sign([APP_ID, ORDER, VERSION, NONCE.toUpperCase()], TICKET),
      'letter-case-of-a-value',
      'the nonce',
    ],
    ['UTF-16', sha1(Buffer.from(ALL, 'utf16le')), 'charset', 'UTF-16LE'],
    ['a separator', sha1(sorted(...QUERY, TICKET).join('&')), 'separator', '"&"'],
    ['HMAC', hex(createHmac('sha1', TICKET).update(ALL).digest()), 'digest', 'HMAC-SHA1'],
    ['the access token', sign(QUERY, TOKEN), 'ticket-type', 'the access token'],
    ['the app secret', sign(QUERY, SECRET), 'ticket-type', 'the app secret'],
    ['a NONCE ticket', sign(QUERY, NONCE_TICKET), 'ticket-type', 'a NONCE ticket instead of a SIGN ticket'],
    ['a stale generation', sign(QUERY, EARLIER), 'stale-generation', 'generation 8, which was replaced 5 min ago'],
  ])('%s', (_what, wrong, rule, how) => {
    const { fits, broken } = explain({ sign: wrong });
    expect(fits).toBe(false);
    expect(broken).toEqual([{ rule, how: expect.objectContaining({ en: expect.stringContaining(how) }) }]);
  });

  it.each([
    ['lower case', sign(QUERY, TICKET).toLowerCase(), ['letter-case']],
    ['Base64', createHash('sha1').update(ALL).digest('base64'), ['form']],
    ['MD5', createHash('md5').update(ALL).digest('hex'), ['form', 'digest']],
    ['SHA-256', createHash('sha256').update(ALL).digest('hex'), ['form', 'digest']],
    ['white space around it', ` ${sign(QUERY, TICKET)}\n`, ['form']],
    ['no signature at all', 'no signature', ['form', 'unknown']],
    ['one of something else', 'A'.repeat(40), ['unknown']],
  ])('%s', (_what, wrong, rules) => {
    expect(rulesOf({ sign: wrong })).toEqual(rules);
  });

  it('with two mistakes at once names both', () => {
    const unsortedWithoutNonce = sha1([APP_ID, ORDER, VERSION, TICKET].join(''));
    expect(rulesOf({ sign: unsortedWithoutNonce })).toEqual(['missing-value', 'order']);
    const named = { app_id: APP_ID, nonce: NONCE, order_no: ORDER, ticket: TICKET, version: VERSION };
    const pairs = Object.entries(named).map(([name, value]) => `${name}=${value}`);
    expect(rulesOf({ sign: sha1(pairs.join('&')) })).toEqual(['names', 'separator']);
    expect(rulesOf({ sign: sha1([APP_ID, ORDER, VERSION, NONCE, EARLIER].join('')).toLowerCase() })).toEqual([
      'letter-case',
      'stale-generation',
      'order',
    ]);
  });

  it.each([
    ['nonce-form', { nonce: 'a-uuid-1234' }],
    ['order-number-form', { orderNo: 'order 1' }],
    ['version-form', { version: '' }],
  ])('%s is told although the digest fits', (rule, change) => {
    const values = { ...VALUES, ...change };
    const right = sign([values.appId, values.orderNo, values.version, values.nonce], TICKET);
    expect(explain({ values, sign: right })).toMatchObject({ fits: false, broken: [{ rule }] });
  });

  it('a user id of the wrong form, and a launch signed with a SIGN ticket', () => {
    const values = { ...VALUES, userId: 'a@b' };
    const wrong = sign([APP_ID, 'a@b', VERSION, NONCE], TICKET);
    expect(rulesOf({ purpose: 'launch', values, sign: wrong })).toEqual(['user-id-form', 'ticket-type']);
  });

  it('says what is not known when no ticket of the type is', () => {
    const tickets = TICKETS.filter(({ type }) => type !== 'NONCE');
    const { broken } = explain({ purpose: 'launch', tickets, sign: 'A'.repeat(40) });
    expect(broken[0]?.how.en).toBe('no NONCE ticket is known to compare with');
  });
});

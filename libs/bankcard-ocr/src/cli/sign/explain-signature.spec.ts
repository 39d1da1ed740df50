import { createHash } from 'node:crypto';
import { SignatureService } from '../../signature/signature.service.js';
import { explainSignature, type KnownTicket } from './explain-signature.js';

const sign = (values: string[], ticket: string) => new SignatureService().sign(values, ticket);

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
const VALUES = { 'app-id': APP_ID, 'order-no': ORDER, 'user-id': USER, nonce: NONCE, version: VERSION };
const QUERY = [APP_ID, ORDER, VERSION, NONCE];
const LAUNCH = [APP_ID, USER, VERSION, NONCE];

type Explained = Parameters<typeof explainSignature>;

interface SignatureCase {
  readonly purpose: Explained[0];
  readonly values: Explained[1];
  readonly sign: string;
  readonly tickets: readonly KnownTicket[];
}

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase();
const sorted = (...values: string[]) => values.toSorted((a, b) => (a < b ? -1 : 1));
const joined = (...values: string[]) => sorted(...values).join('');
const ALL = joined(...QUERY, TICKET);

function explain(change: Partial<SignatureCase>) {
  const given = { purpose: 'query', values: VALUES, sign: '', tickets: TICKETS, ...change } as const;
  const explanation = explainSignature(given.purpose, given.values, given.sign, given.tickets);
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
    // The vectors of mistakes in docs/protocol.md, section 4.
    ['6993167F07AAE4813B2265E96838036F1376908F', 'sorted as words of a language, not by code unit'],
    ['B28D8EBC24ACB5FC71746E56209926536F06B68B', 'sorted by parameter name, not by value'],
  ])('%s: %s', (wrong, how) => {
    const tickets: KnownTicket[] = [{ type: 'SIGN', text: TICKET, state: 'given' }];
    const { broken } = explain({ values: { ...VALUES, 'order-no': USER }, tickets, sign: wrong });
    expect(broken).toEqual([{ rule: 'order', how: expect.objectContaining({ en: how }) }]);
  });

  it.each([
    ['not sorted', sha1([APP_ID, ORDER, VERSION, NONCE, TICKET].join('')), 'order', 'not sorted, but joined'],
    ['in an order of its own', sha1([NONCE, TICKET, APP_ID, VERSION, ORDER].join('')), 'unknown', 'in another order'],
    [
      'sorted by parameter name',
      sha1([APP_ID, NONCE, ORDER, TICKET, VERSION].join('')),
      'order',
      'sorted by parameter name',
    ],
    ['the access token', sign(QUERY, TOKEN), 'ticket-type', 'the access token'],
    ['the app secret', sign(QUERY, SECRET), 'ticket-type', 'the app secret'],
    ['a NONCE ticket', sign(QUERY, NONCE_TICKET), 'ticket-type', 'a NONCE ticket instead of a SIGN ticket'],
    ['a stale generation', sign(QUERY, EARLIER), 'stale-generation', 'generation 8, which was replaced 5 min ago'],
    ['lower case', sign(QUERY, TICKET).toLowerCase(), 'letter-case', 'lower-case digits'],
    ['values that are missing', sha1(joined(APP_ID, ORDER, VERSION, TICKET)), 'unknown', 'other values'],
    ['a line end in the ticket', sign(QUERY, `${TICKET}\n`), 'unknown', 'another ticket'],
    ['Base64', createHash('sha1').update(ALL).digest('base64'), 'unknown', '40 hexadecimal digits'],
    ['no signature at all', 'no signature', 'unknown', '40 hexadecimal digits'],
    ['one of something else', 'A'.repeat(40), 'unknown', 'no known ticket produces it'],
  ])('%s', (_what, wrong, rule, how) => {
    const { fits, broken } = explain({ sign: wrong });
    expect(fits).toBe(false);
    expect(broken).toEqual([{ rule, how: expect.objectContaining({ en: expect.stringContaining(how) }) }]);
  });

  it('with several mistakes at once names them all', () => {
    const wrong = sha1([APP_ID, ORDER, VERSION, NONCE, EARLIER].join('')).toLowerCase();
    expect(rulesOf({ sign: wrong })).toEqual(['letter-case', 'stale-generation', 'order']);
  });

  it('says what is not known when no ticket of the type is', () => {
    const tickets = TICKETS.filter(({ type }) => type !== 'NONCE');
    const { broken } = explain({ purpose: 'launch', tickets, sign: 'A'.repeat(40) });
    expect(broken[0]?.how.en).toBe('no NONCE ticket is known to compare with');
  });
});

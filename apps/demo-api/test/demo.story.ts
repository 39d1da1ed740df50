import { readFileSync } from 'node:fs';
import { KycSandbox, orderNoForCode, PICTURED_CARD_NUMBER } from 'nestjs-bankcard-ocr/testing';
import { SCOPES } from '../src/auth/scopes.js';
import { committedDocument } from './documented-responses.js';
import { type AuditEntry, KEY, keyEntry, KEYS, serveDemo, type ServedDemo } from './serve-demo.js';

/**
 * One path through every route, in one demo: what `npm test` has of the stories of each route, which take long and run in
 * `npm run test:processes`.
 */
const { clean } = KycSandbox.EXAMPLE_ORDERS;
const MASKED = '622202*********0128';
const JPEG = Buffer.concat([Buffer.from('ffd8ffe000104a464946000101', 'hex'), Buffer.alloc(3_000, 'canary picture ')]);
const WHY = { 'x-api-key': KEY, 'x-reason': 'payout 17' };

/** A key for each scope that has all others. */
const withoutScope = (scope: string): string => `key-without-${scope}`;
const ALL_BUT_ONE = SCOPES.map((scope) => {
  const others = SCOPES.filter((other) => other !== scope);
  return keyEntry(`shop/no-${scope.replace(':', '-')}`, withoutScope(scope), others);
});

/** Every route of the document, and which scope the document says it needs. */
const ROUTES = Object.entries(committedDocument().paths).flatMap(([template, methods]) => {
  const path = template.replace('{orderNo}', clean).replace('{kind}', 'crop');
  return Object.entries(methods).map(([method, operation]) => {
    const { 'x-required-scopes': scopes = [] } = operation as { 'x-required-scopes'?: readonly string[] };
    return { method: method.toUpperCase(), path, scopes };
  });
});

let demo: ServedDemo;
/** What clients were given in secret: it belongs into no log and no audit file. */
const given: string[] = [];

beforeAll(async () => {
  const env = { DEMO_API_KEYS: [KEYS, ...ALL_BUT_ONE].join(), DEMO_AUTH_FAILURE_LIMIT: '100', DEMO_DOCS: 'on' };
  demo = await serveDemo({}, undefined, { env, hasMetrics: true });
});

afterAll(() => demo.close());

/** What a request adds to the audit file. */
async function auditedBy(request: () => Promise<Response>): Promise<[Response, AuditEntry[]]> {
  const before = demo.audited().length;
  const response = await request();
  return [response, demo.audited().slice(before)];
}

async function bodyOf<Body>(response: Response): Promise<Body> {
  return (await response.json()) as Body;
}

describe('the demo', () => {
  it('is alive and ready, and says so to everybody', async () => {
    for (const [path, body] of [
      ['/health/live', { status: 'live' }],
      ['/health/ready', { status: 'ready', credentials: 'fresh' }],
    ] as const) {
      const response = await demo.get(path, {});
      expect([response.status, await response.json()]).toEqual([200, body]);
    }
  });

  it('returns a card with its number masked, which no cache may keep', async () => {
    const [response, lines] = await auditedBy(() => demo.get(`/bank-cards/${clean}?photos=true`));
    const text = await response.text();
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(JSON.parse(text)).toMatchObject({
      orderNo: clean,
      cardNumber: MASKED,
      photos: { links: { crop: `/bank-cards/${clean}/photos/crop` } },
    });
    expect(text).not.toContain(PICTURED_CARD_NUMBER);
    expect(lines).toEqual([]);
  });

  it('reveals the number to a client that says why, with a line in the audit file; without a reason it is refused', async () => {
    const [revealed, lines] = await auditedBy(() => demo.get(`/bank-cards/${clean}/number`, WHY));
    const body = { orderNo: clean, cardNumber: PICTURED_CARD_NUMBER };
    expect([revealed.status, await revealed.json()]).toEqual([200, body]);
    const who = { at: expect.any(String), tenant: 'shop', key: 'till', order: expect.stringMatching(/^[0-9a-f]{64}$/) };
    expect(lines).toEqual([{ ...who, event: 'reveal', reason: 'payout 17', outcome: 'released' }]);
    const [refused, more] = await auditedBy(() => demo.get(`/bank-cards/${clean}/number`));
    expect([refused.status, await refused.json()]).toMatchObject([400, { message: expect.stringContaining('why') }]);
    expect(more).toEqual([{ ...who, event: 'reveal', outcome: 'refused: 400' }]);
  });

  it('returns a photo, with a line in the audit file', async () => {
    const [response, lines] = await auditedBy(() => demo.get(`/bank-cards/${clean}/photos/crop`));
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect(Buffer.from(await response.arrayBuffer()).toString('hex', 0, 3)).toBe('ffd8ff');
    expect(lines).toMatchObject([{ event: 'photo', photo: 'crop', key: 'till', outcome: 'released' }]);
  });

  it('recognizes an image, whose photo is there under its order number', async () => {
    const form = new FormData();
    form.append('image', new Blob([JPEG], { type: 'image/jpeg' }), 'card.jpg');
    const created = await demo.upload('/bank-cards', form);
    expect(created.status).toBe(201);
    const card = await bodyOf<{ orderNo: string; cardNumber: string }>(created);
    expect(card.cardNumber).toMatch(/^620000\*{9}\d{4}$/);
    const photo = await demo.get(`/bank-cards/${card.orderNo}/photos/original`);
    expect(Buffer.from(await photo.arrayBuffer()).equals(JPEG)).toBe(true);
    expect(demo.sandbox.calls.recognition).toBe(1);
  });

  it('has the phone SDK launched, and tells a report that Tencent has signed from one that it has not', async () => {
    const created = await demo.post('/sdk-launches', { userId: 'user1' });
    expect(created.status).toBe(201);
    const { appId, version, nonce, userId, orderNo, sign } = await bodyOf<Record<string, string>>(created);
    expect(userId).toBe('user1');
    given.push(sign!);
    const launch = { openApiAppId: appId, openApiAppVersion: version, openApiNonce: nonce, openApiUserId: userId };
    const verdict = demo.sandbox.acceptLaunch({ ...launch, orderNo, openApiSign: sign } as never);
    expect(verdict).toMatchObject({ accepted: true });
    const signed = demo.sandbox.phoneResultSignature(orderNo!)!;
    given.push(signed);
    for (const [report, valid] of [
      [signed, true],
      [sign, false],
    ]) {
      const response = await demo.post('/sdk-results/verify', { orderNo, sign: report });
      expect([response.status, await response.json()]).toEqual([200, { valid }]);
    }
  });

  it.each([
    ['an order that Tencent does not know', orderNoForCode('66660020'), 404, { code: 'ORDER_NOT_FOUND' }],
    ['a card that cannot be read', orderNoForCode('-9012'), 422, { code: 'CARD_UNREADABLE', vendorCode: '-9012' }],
    ['an order number that cannot be one', 'order-1', 400, { message: [expect.stringContaining('orderNo')] }],
  ])('says what is wrong with %s', async (_what, orderNo, statusCode, body) => {
    const response = await demo.get(`/bank-cards/${orderNo}`);
    expect([response.status, await response.json()]).toMatchObject([statusCode, { statusCode, ...body }]);
  });

  it('says nothing of what is wrong with itself', async () => {
    const response = await demo.get(`/bank-cards/${orderNoForCode('400104')}`);
    const body = { statusCode: 500, code: 'ACCESS_DENIED', message: 'internal server error' };
    expect([response.status, await response.json()]).toEqual([500, body]);
  });

  it('shows operators its credentials, and none of their values', async () => {
    const response = await demo.get('/ops/credentials');
    const text = await response.text();
    expect([response.status, JSON.parse(text)]).toMatchObject([
      200,
      { credentials: [{ state: 'fresh', health: 'up', generation: 1 }] },
    ]);
    expect(text).not.toContain(demo.sandbox.secret);
    const exchanges = await (await demo.get('/ops/exchanges')).text();
    expect(exchanges).toContain('"getBankCardOcrResult"');
    expect(exchanges).not.toContain(clean);
  });

  it('serves its document, which is the one that is committed', async () => {
    const response = await fetch(`${demo.url}/docs-json`);
    expect([response.status, await response.json()]).toEqual([200, committedDocument()]);
  });

  it('counts its requests for Prometheus', async () => {
    const text = await (await fetch(demo.metricsUrl!)).text();
    const routes = [...text.matchAll(/^http_server_request_duration_count\{.*http_route="(?<route>[^"]+)"/gm)];
    expect(routes.map(({ groups }) => groups?.['route'])).toContain('/bank-cards/:orderNo');
    expect(text.includes(clean)).toBe(false);
  });

  it.each(ROUTES)('opens $method $path to a key with its scope only', async ({ method, path, scopes }) => {
    const calls = demo.sandbox.calls;
    const statusWith = async (headers: Record<string, string>): Promise<number> => {
      const json = { 'content-type': 'application/json' };
      const body = method === 'POST' ? { body: '{}' } : {};
      return (await fetch(demo.url + path, { method, headers: { ...json, ...headers }, ...body })).status;
    };
    const isPublic = path.startsWith('/health/');
    expect(scopes).toHaveLength(isPublic ? 0 : 1);
    if (isPublic) return;
    expect(await statusWith({})).toBe(401);
    expect(await statusWith({ 'x-api-key': `${KEY}x` })).toBe(401);
    expect(await statusWith({ 'x-api-key': withoutScope(scopes[0]!) })).toBe(403);
    expect(demo.sandbox.calls).toEqual(calls);
  });

  it('keeps numbers, orders and secrets out of its log and its audit file, and asks Tencent as it should', () => {
    const text = demo.logged.join('\n') + readFileSync(demo.auditFile, 'utf8');
    expect(text).toContain('GET /bank-cards/:orderNo');
    expect(text).toContain('ACCESS_DENIED');
    for (const secret of [PICTURED_CARD_NUMBER, clean, KEY, demo.sandbox.secret, ...given])
      expect(text).not.toContain(secret);
    expect(demo.sandbox.violations()).toEqual([]);
  });
});

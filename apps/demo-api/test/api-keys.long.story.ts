import { connect } from 'node:net';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { describeWithRedis, RedisServer } from '../../../test/support/redis-server.js';
import { type Scope, SCOPES } from '../src/auth/scopes.js';
import { type DemoSettings, KEY, keyEntry, KEYS, serveDemo, type ServedDemo } from './serve-demo.js';

const { clean } = KycSandbox.EXAMPLE_ORDERS;
const demos: ServedDemo[] = [];

async function serve(env: DemoSettings['env'] = {}): Promise<ServedDemo> {
  const demo = await serveDemo({}, undefined, { env });
  demos.push(demo);
  return demo;
}

afterEach(async () => {
  for (const demo of demos.splice(0).reverse()) await demo.close();
});

/** A key for each scope that has this one only, named like it. */
const ONE_SCOPE_EACH = SCOPES.map((scope) =>
  keyEntry(`shop/${scope.replace(':', '-')}`, `key-${scope}`, [scope]),
).join();

const ROUTES: readonly (readonly [method: 'GET' | 'POST', path: string, scope: Scope])[] = [
  ['GET', `/bank-cards/${clean}`, 'cards:read'],
  ['GET', `/bank-cards/${clean}?photos=true`, 'cards:read'],
  ['GET', `/bank-cards/${clean}/number?reason=test`, 'cards:reveal'],
  ['GET', `/bank-cards/${clean}/photos/crop`, 'photos:read'],
  ['POST', '/bank-cards', 'recognize'],
  ['POST', '/sdk-launches', 'sdk:launch'],
  ['POST', '/sdk-results/verify', 'sdk:launch'],
  ['GET', '/ops/accounts', 'ops'],
  ['GET', '/ops/exchanges', 'ops'],
  ['GET', '/ops/credentials', 'ops'],
  ['POST', '/ops/refresh?account=nobody', 'ops'],
];

describe('the scope of a key', () => {
  it.each(ROUTES)('%s %s is for %s and no other', async (method, path, needed) => {
    const { url, sandbox } = await serve({ DEMO_API_KEYS: ONE_SCOPE_EACH });
    for (const scope of SCOPES) {
      const calls = JSON.stringify(sandbox.calls);
      const headers = { 'x-api-key': `key-${scope}`, 'content-type': 'application/json' };
      const response = await fetch(url + path, { method, headers, ...(method === 'POST' && { body: '{}' }) });
      const body = await response.text();
      if (scope === needed) {
        expect([200, 400, 404, 415]).toContain(response.status);
        continue;
      }
      expect([scope, response.status, JSON.parse(body)]).toEqual([
        scope,
        403,
        {
          statusCode: 403,
          error: 'Forbidden',
          message: `this API key lacks the scope ${needed}; ask the operator for a key that has it (docs/demo.md)`,
        },
      ]);
      expect(JSON.stringify(sandbox.calls)).toBe(calls);
    }
  });

  it('is not needed for health, nor is a key', async () => {
    const { get } = await serve({ DEMO_API_KEYS: ONE_SCOPE_EACH });
    expect((await get('/health/live', {})).status).toBe(200);
    expect((await get('/health/ready', {})).status).toBe(200);
  });
});

describe('a request without a valid key', () => {
  it('is told what to do', async () => {
    const { get } = await serve();
    const response = await get(`/bank-cards/${clean}`, {});
    expect(response.headers.get('www-authenticate')).toBe('ApiKey header="x-api-key"');
    expect([response.status, await response.json()]).toEqual([
      401,
      { statusCode: 401, error: 'Unauthorized', message: expect.stringContaining('header x-api-key') },
    ]);
  });

  it.each([
    ['a key as long as a header may be', `x-api-key: ${'k'.repeat(12_000)}`, 401],
    ['a key that is longer', `x-api-key: ${'k'.repeat(20_000)}`, 431],
    ['a line break before the key', `x-api-key:\r\n ${KEY}`, 400],
    ['a key with a space behind a name', `x-api-key : ${KEY}`, 400],
    ['a key with NUL', `x-api-key: ${KEY}\0`, 400],
    ['a key twice', `x-api-key: ${KEY}\r\nX-API-KEY: ${KEY}`, 401],
    ['a hash for the key', 'x-api-key: 2b1a', 401],
    ['an array in a name', `x-api-key[]: ${KEY}`, 400],
  ])('does not get in with %s', async (_what, header, status) => {
    const { url, sandbox } = await serve();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end(`GET /bank-cards/${clean} HTTP/1.1\r\nhost: x\r\n${header}\r\nconnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) text += String(chunk);
    expect(text.split(' ', 2)).toEqual(['HTTP/1.1', String(status)]);
    expect(text).not.toContain(KEY);
    expect(sandbox.calls.result).toBe(0);
  });

  it('gets 429 after too many, with the time to wait, while a right key from the same address is served', async () => {
    const { get, logged } = await serve({ DEMO_AUTH_FAILURE_LIMIT: '3' });
    const before = logged.length;
    const refuse = () => get(`/bank-cards/${clean}`, { 'x-api-key': 'wrong' });
    for (let index = 0; index < 3; index += 1) expect((await refuse()).status).toBe(401);
    const tooMany = await refuse();
    expect(Number(tooMany.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Number(tooMany.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect([tooMany.status, await tooMany.json()]).toEqual([
      429,
      { statusCode: 429, error: 'Too Many Requests', message: expect.stringContaining('correct the key') },
    ]);
    expect(logged.slice(before)).toEqual([]);
    expect((await get(`/bank-cards/${clean}`)).status).toBe(200);
  });

  it('cannot invent its address, unless a trusted proxy says it', async () => {
    const refusals = async ({ get }: ServedDemo) => {
      const statuses: number[] = [];
      for (const address of ['203.0.113.1', '203.0.113.2', '203.0.113.1', '2001:db8::1', '2001:db8::2', 'canary']) {
        statuses.push((await get(`/bank-cards/${clean}`, { 'x-forwarded-for': address })).status);
      }
      return statuses;
    };
    expect(await refusals(await serve({ DEMO_AUTH_FAILURE_LIMIT: '1' }))).toEqual([401, 429, 429, 429, 429, 429]);
    const behindProxy = await serve({ DEMO_AUTH_FAILURE_LIMIT: '1', DEMO_TRUST_PROXY: '127.0.0.1' });
    // Addresses of IPv6 that share a subnet are one client.
    expect(await refusals(behindProxy)).toEqual([401, 401, 429, 401, 429, 401]);
  });
});

describe('the rate of a key', () => {
  const two = [keyEntry('shop/till', 'one'), keyEntry('shop/desk', 'two')].join();

  it('is limited over all routes, and leaves other keys of the tenant alone', async () => {
    const { get, post } = await serve({ DEMO_API_KEYS: two, DEMO_RATE_LIMIT: '2' });
    const first = await get(`/bank-cards/${clean}`, { 'x-api-key': 'one' });
    expect([first.headers.get('x-ratelimit-limit'), first.headers.get('x-ratelimit-remaining')]).toEqual(['2', '1']);
    expect((await get('/bank-cards/canary-1', { 'x-api-key': 'one' })).status).toBe(400);
    const tooMany = await post('/sdk-launches', { userId: 'user1' }, { 'x-api-key': 'one' });
    expect([tooMany.status, await tooMany.json()]).toEqual([
      429,
      { statusCode: 429, error: 'Too Many Requests', message: expect.stringContaining('Retry-After') },
    ]);
    expect(Number(tooMany.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await get(`/bank-cards/${clean}`, { 'x-api-key': 'two' })).status).toBe(200);
    expect((await get('/health/live', {})).status).toBe(200);
  });

  it('is not used up by requests under the name of another key', async () => {
    const { get } = await serve({ DEMO_API_KEYS: two, DEMO_RATE_LIMIT: '1' });
    for (let index = 0; index < 5; index += 1) await get(`/bank-cards/${clean}`, { 'x-api-key': 'shop/till' });
    expect((await get(`/bank-cards/${clean}`, { 'x-api-key': 'one' })).status).toBe(200);
  });
});

describeWithRedis('several instances with one Redis', () => {
  it('count the requests of a key and the wrong keys together, and go on alone while Redis is down', async () => {
    await using redis = await RedisServer.start();
    const env = { DEMO_RATE_LIMIT: '3', DEMO_AUTH_FAILURE_LIMIT: '3', DEMO_REDIS_URL: redis.url };
    const [one, other] = [await serve(env), await serve(env)];
    const statuses = async (headers?: Record<string, string>) => {
      const found: number[] = [];
      for (const demo of [one, other, one, other, one])
        found.push((await demo.get(`/bank-cards/${clean}`, headers)).status);
      return found;
    };
    expect(await statuses()).toEqual([200, 200, 200, 429, 429]);
    expect(await statuses({ 'x-api-key': 'wrong' })).toEqual([401, 401, 401, 429, 429]);
    await redis.stop();
    // A client that was over its limit stays so; another one is counted by each instance for itself, and served or refused.
    expect((await one.get('/bank-cards/canary-1')).status).toBe(429);
    expect((await other.get(`/bank-cards/${clean}`, { 'x-api-key': 'wrong' })).status).toBe(429);
    const log = one.logged.filter((line) => line.includes('Redis'));
    expect(log.length).toBeLessThanOrEqual(1);
  });

  it('keep no key in it, and no order number', async () => {
    await using redis = await RedisServer.start();
    const { get, post } = await serve({ DEMO_REDIS_URL: redis.url, DEMO_API_KEYS: KEYS });
    await post('/sdk-launches', { userId: 'canaryUser', orderNo: 'canaryOrder' });
    await get('/bank-cards/canaryOrder');
    await get('/bank-cards/canaryOrder', { 'x-api-key': 'canary' });
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.url);
    const names = await client.keys('*');
    const values = await Promise.all(names.map((name) => client.get(name)));
    client.disconnect();
    expect(names.length).toBeGreaterThanOrEqual(3);
    expect(names.every((name) => name.startsWith('demo-api:'))).toBe(true);
    expect(JSON.stringify([names, values])).not.toContain('canary');
  });
});

import { keyEntry, KEYS, serveDemo, type ServedDemo } from './serve-demo.js';

const OPERATOR = { 'x-api-key': 'canary-key-of-an-operator' };
const env = {
  DEMO_API_KEYS: `${KEYS},${keyEntry('team/operator', OPERATOR['x-api-key'], ['ops'])},${keyEntry('shop/reader', 'reader-key', ['cards:read'])}`,
};

let demo: ServedDemo;

/** Without the check against the OpenAPI document: these routes are described in docs/operations.md. */
const ask = (method: string, route: string, headers: Record<string, string>) =>
  fetch(`${demo.url}/ops/${route}`, { method, headers });

beforeEach(async () => {
  demo = await serveDemo({ unknownOrders: 'invent' }, undefined, { env });
});

afterEach(() => demo.close());

describe('the routes for operators', () => {
  it.each(['accounts', 'credentials', 'exchanges', 'live'])(
    'GET /ops/%s needs a key with the scope ops',
    async (route) => {
      expect((await ask('GET', route, {})).status).toBe(401);
      expect((await ask('GET', route, { 'x-api-key': 'reader-key' })).status).toBe(403);
      if (route !== 'live') expect((await ask('GET', route, OPERATOR)).status).toBe(200);
    },
  );

  it.each(['refresh', 'store-check'])('POST /ops/%s needs a key with the scope ops', async (route) => {
    expect((await ask('POST', route, {})).status).toBe(401);
    expect((await ask('POST', route, { 'x-api-key': 'reader-key' })).status).toBe(403);
    const { status, headers } = await ask('POST', route, OPERATOR);
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  it('let an operator follow what happens, until the demo ends', async () => {
    const response = await ask('GET', 'live', OPERATOR);
    expect(response.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
    const text = response.text();
    expect((await demo.get('/bank-cards/order1')).status).toBe(200);
    await demo.drain();
    const lines = (await text)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({ type: 'start', credentials: [{ state: 'fresh' }] });
    expect(lines).toContainEqual(expect.objectContaining({ endpoint: 'getBankCardOcrResult', outcome: 'OK' }));
    expect(lines.at(-1)).toEqual({ type: 'end', reason: 'shutdown' });
  });
});

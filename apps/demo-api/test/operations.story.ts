import { keyEntry, KEYS, serveDemo, type ServedDemo } from './serve-demo.js';

const OPERATOR = { 'x-api-key': 'canary-key-of-an-operator' };
const env = {
  DEMO_API_KEYS: `${KEYS},${keyEntry('team/operator', OPERATOR['x-api-key'], ['ops'])},${keyEntry('shop/reader', 'reader-key', ['cards:read'])}`,
};

let demo: ServedDemo;

beforeEach(async () => {
  demo = await serveDemo({ unknownOrders: 'invent' }, undefined, { env });
});

afterEach(() => demo.close());

describe('the routes for operators', () => {
  it.each(['accounts', 'credentials', 'exchanges', 'live'])(
    'GET /ops/%s needs a key with the scope ops',
    async (route) => {
      expect((await demo.get(`/ops/${route}`, {})).status).toBe(401);
      expect((await demo.get(`/ops/${route}`, { 'x-api-key': 'reader-key' })).status).toBe(403);
      if (route !== 'live') expect((await demo.get(`/ops/${route}`, OPERATOR)).status).toBe(200);
    },
  );

  it.each(['refresh', 'store-check'])('POST /ops/%s needs a key with the scope ops', async (route) => {
    expect((await demo.post(`/ops/${route}`, {}, {})).status).toBe(401);
    expect((await demo.post(`/ops/${route}`, {}, { 'x-api-key': 'reader-key' })).status).toBe(403);
    const { status, headers } = await demo.post(`/ops/${route}`, {}, OPERATOR);
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  it('let an operator follow what happens, until the demo ends', async () => {
    const response = await demo.get('/ops/live', OPERATOR);
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

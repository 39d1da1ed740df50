import { committedDocument, DocumentedResponses } from './documented-responses.js';
import { keyEntry, KEYS, serveDemo, type ServedDemo } from './serve-demo.js';

const OPERATOR = { 'x-api-key': 'canary-key-of-an-operator' };
const env = {
  DEMO_API_KEYS: `${KEYS},${keyEntry('team/operator', OPERATOR['x-api-key'], ['ops'])},${keyEntry('shop/reader', 'reader-key', ['cards:read'])}`,
};

let demo: ServedDemo;

const documented = new DocumentedResponses(committedDocument());

/** Ask, and compare the response with the OpenAPI document; a stream goes on. */
async function ask(method: string, route: string, headers: Record<string, string>): Promise<Response> {
  const url = `${demo.url}/ops/${route}`;
  const response = await fetch(url, { method, headers });
  if (route !== 'live') await documented.check(method, url, response.clone());
  return response;
}

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

  it('are as the document describes them, in trouble too', async () => {
    expect((await demo.get('/bank-cards/order1')).status).toBe(200);
    demo.sandbox.injectFault({ endpoint: 'all', kind: 'code', code: '400105' });
    for (const [method, route] of [
      ['POST', 'refresh'],
      ['POST', 'refresh'],
      ['GET', 'credentials'],
      ['GET', 'exchanges?limit=5'],
      ['GET', 'exchanges?limit=0'],
      ['GET', 'credentials?account=nobody'],
    ] as const) {
      expect([route, (await ask(method, route, OPERATOR)).status]).toEqual([route, expect.any(Number)]);
    }
    demo.sandbox.clearFaults();
    demo.sandbox.killCredentials();
    expect((await demo.get('/bank-cards/order2')).status).toBeLessThan(504);
    expect((await ask('GET', 'credentials', OPERATOR)).status).toBe(200);
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

import { KycSandbox, type KycSandboxOptions } from 'nestjs-bankcard-ocr/testing';
import { describeWithRedis, RedisServer } from '../../../test/support/redis-server.js';
import { type DemoSettings, keyEntry, serveDemo, type ServedDemo } from './serve-demo.js';

const { clean } = KycSandbox.EXAMPLE_ORDERS;
const JPEG = Buffer.concat([Buffer.from('ffd8ffe000104a464946000101', 'hex'), Buffer.alloc(1_000)]);
const DEMO_API_KEYS = [
  keyEntry('shop/till', 'of-shop'),
  keyEntry('shop/desk', 'too'),
  keyEntry('bank/app', 'of-bank'),
].join();
const SHOP = { 'x-api-key': 'of-shop' };
const SHOP_TOO = { 'x-api-key': 'too' };
const BANK = { 'x-api-key': 'of-bank' };

const demos: ServedDemo[] = [];

async function serve(env: DemoSettings['env'] = {}, options: KycSandboxOptions = {}): Promise<ServedDemo> {
  const demo = await serveDemo(options, undefined, { env: { DEMO_API_KEYS, ...env } });
  demos.push(demo);
  return demo;
}

afterEach(async () => {
  for (const demo of demos.splice(0).reverse()) await demo.close();
});

function orderNoOf(body: unknown): string {
  return (body as { orderNo: string }).orderNo;
}

async function launched({ post }: ServedDemo, headers: Record<string, string>, orderNo?: string): Promise<Response> {
  // Of a user of its own: a user waits between two launches.
  const response = await post(
    '/sdk-launches',
    { userId: `user${Math.random().toString(36).slice(2, 12)}`, orderNo },
    headers,
  );
  // The phone has done its part.
  if (response.ok)
    for (const { sandbox } of demos)
      sandbox.addOrder({ orderNo: orderNoOf(await response.clone().json()), photos: 'all' });
  return response;
}

const paths = (orderNo: string): string[] => [
  `/bank-cards/${orderNo}`,
  `/bank-cards/${orderNo}?photos=true`,
  `/bank-cards/${orderNo}/number?reason=test`,
  `/bank-cards/${orderNo}/photos/original`,
];

describe('an order', () => {
  it('that a key has launched is there for the keys of its tenant, and 404 for every other', async () => {
    const demo = await serve();
    const launch = (await (await launched(demo, SHOP)).json()) as { orderNo: string };
    const { orderNo } = launch;
    for (const path of paths(orderNo)) {
      expect([path, (await demo.get(path, SHOP_TOO)).status]).toEqual([path, 200]);
    }
    const calls = JSON.stringify(demo.sandbox.calls);
    for (const path of paths(orderNo)) {
      const response = await demo.get(path, BANK);
      expect([path, response.status, await response.json()]).toEqual([
        path,
        404,
        {
          statusCode: 404,
          code: 'ORDER_NOT_FOUND',
          message: 'Tencent returned 66660020: no result for this order number',
        },
      ]);
    }
    expect(JSON.stringify(demo.sandbox.calls)).toBe(calls);
    const sign = demo.sandbox.phoneResultSignature(orderNo) ?? 'A'.repeat(40);
    expect((await demo.post('/sdk-results/verify', { orderNo, sign }, BANK)).status).toBe(404);
    expect((await demo.post('/sdk-results/verify', { orderNo, sign }, SHOP)).status).toBe(200);
    const refused = demo.audited().filter(({ tenant }) => tenant === 'bank');
    expect(refused.map(({ event, outcome }) => [event, outcome])).toEqual([
      ['reveal', 'refused: order-not-found'],
      ['photo', 'refused: order-not-found'],
    ]);
  });

  it('says no more to another tenant than one that does not exist, but for the number of a request to Tencent', async () => {
    const demo = await serve({}, { unknownOrders: 'reject' });
    const { orderNo } = (await (await launched(demo, SHOP)).json()) as { orderNo: string };
    const foreign = await demo.get(`/bank-cards/${orderNo}`, BANK);
    const missing = await demo.get('/bank-cards/nothing1', BANK);
    const { bizSeqNo: _number, vendorCode: _code, ...body } = (await missing.json()) as Record<string, unknown>;
    expect([foreign.status, await foreign.json()]).toEqual([missing.status, body]);
  });

  it('that was sent for recognition belongs to the sender', async () => {
    const demo = await serve();
    const form = new FormData();
    form.append('image', new Blob([JPEG], { type: 'image/jpeg' }), 'card.jpg');
    const { orderNo } = (await (await demo.upload('/bank-cards', form, SHOP)).json()) as { orderNo: string };
    expect((await demo.get(`/bank-cards/${orderNo}`, SHOP)).status).toBe(200);
    expect((await demo.get(`/bank-cards/${orderNo}`, BANK)).status).toBe(404);
  });

  it('cannot be taken over by launching it, or by sending an image under its number', async () => {
    const demo = await serve();
    expect((await launched(demo, SHOP, 'order1')).status).toBe(201);
    expect((await launched(demo, BANK, 'order1')).status).toBe(404);
    const form = new FormData();
    form.append('orderNo', 'order1');
    form.append('image', new Blob([JPEG], { type: 'image/jpeg' }), 'card.jpg');
    expect((await demo.upload('/bank-cards', form, BANK)).status).toBe(404);
    expect(demo.sandbox.calls.recognition).toBe(0);
    expect((await demo.get('/bank-cards/order1', BANK)).status).toBe(404);
    expect((await demo.get('/bank-cards/order1', SHOP)).status).toBe(200);
  });

  it('that is launched by two tenants at once belongs to one of them', async () => {
    const demo = await serve();
    const both = await Promise.all([launched(demo, SHOP, 'order1'), launched(demo, BANK, 'order1')]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([201, 404]));
  });

  it('that the demo does not know is served, unless it is told to refuse', async () => {
    const serving = await serve();
    expect((await serving.get(`/bank-cards/${clean}`, BANK)).status).toBe(200);
    const refusing = await serve({ DEMO_UNKNOWN_ORDERS: 'refuse' });
    expect((await refusing.get(`/bank-cards/${clean}`, BANK)).status).toBe(404);
    // Whoever could choose an order number would own the order.
    const chosen = await launched(refusing, BANK, clean);
    expect([chosen.status, await chosen.json()]).toMatchObject([400, { message: expect.stringContaining('orderNo') }]);
    const { orderNo } = (await (await launched(refusing, BANK)).json()) as { orderNo: string };
    expect((await refusing.get(`/bank-cards/${orderNo}`, BANK)).status).toBe(200);
    expect((await refusing.get(`/bank-cards/${orderNo}`, SHOP)).status).toBe(404);
  });
});

describeWithRedis('several instances with one Redis', () => {
  it('know the owner of an order that another has launched, and serve no order while Redis is down', async () => {
    await using redis = await RedisServer.start();
    const one = await serve({ DEMO_REDIS_URL: redis.url });
    const other = await serve({ DEMO_REDIS_URL: redis.url });
    expect((await launched(one, SHOP, 'order1')).status).toBe(201);
    expect((await other.get('/bank-cards/order1', SHOP)).status).toBe(200);
    expect((await other.get('/bank-cards/order1', BANK)).status).toBe(404);
    expect((await launched(other, BANK, 'order1')).status).toBe(404);
    await redis.stop();
    const refused = await other.get('/bank-cards/order1/number?reason=test', SHOP);
    expect([refused.status, await refused.json()]).toMatchObject([
      503,
      { message: expect.stringContaining('try again') },
    ]);
    expect(other.audited().at(-1)).toMatchObject({ outcome: 'refused: owner-unknown' });
    expect((await launched(other, SHOP, 'order2')).status).toBe(503);
    expect((await other.get('/health/ready', {})).status).toBe(200);
  });
});

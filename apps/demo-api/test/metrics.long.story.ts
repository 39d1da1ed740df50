import {
  KycSandbox,
  orderNoForCode,
  orderNoForWarning,
  SANDBOX_CODES,
  SANDBOX_WARNINGS,
} from 'nestjs-bankcard-ocr/testing';
import { KEY, serveDemo, type ServedDemo } from './serve-demo.js';

const { clean } = KycSandbox.EXAMPLE_ORDERS;

let demo: ServedDemo;

beforeAll(async () => {
  const env = { DEMO_RATE_LIMIT: '1000000' };
  demo = await serveDemo({ unknownOrders: 'reject' }, undefined, { hasMetrics: true, env });
});

afterAll(() => demo.close());

async function scrape(): Promise<string> {
  const response = await fetch(demo.metricsUrl ?? '');
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain']);
  return response.text();
}

/** The series of a text without values, histograms counted once: a name with a set of labels. */
function seriesOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const names = lines.map((line) => line.slice(0, line.lastIndexOf(' ')));
  const whole = names.map((name) => name.replace(/_(?:bucket|sum|count)(?=\{|$)/, '').replace(/,?le="[^"]*"/, ''));
  return [...new Set(whole)];
}

/** Every request that the demo takes, and what is refused. */
async function useEverything(): Promise<void> {
  const { get, post, upload } = demo;
  const orders = [
    ...SANDBOX_CODES.map(({ code }) => orderNoForCode(code)),
    ...SANDBOX_WARNINGS.map(({ code }) => orderNoForWarning(code)),
  ];
  // Side by side: codes that say "later" are repeated later.
  const cards = [clean, ...orders].map((orderNo) => get(`/bank-cards/${orderNo}?photos=1`));
  for (const card of await Promise.all(cards)) await card.text();
  await (await get(`/bank-cards/${clean}/number?reason=test`)).text();
  await (await get(`/bank-cards/${clean}/photos/original`)).arrayBuffer();
  const photo = await (await get(`/bank-cards/${clean}/photos/original`)).blob();
  const form = new FormData();
  form.append('image', photo, 'card.jpg');
  await (await upload('/bank-cards', form)).text();
  await (await post('/sdk-launches', { userId: 'canaryUser01' })).text();
  await (await post('/sdk-results/verify', { orderNo: clean, sign: 'wrong' })).text();
  for (const route of ['/health/live', '/health/ready', '/ops/credentials', '/nowhere/canaryPath', '/bank-cards/a!b']) {
    await (await get(route)).text();
  }
  await (await get(`/bank-cards/${clean}`, { 'x-api-key': 'canary-wrong-key' })).text();
}

it('counts requests by the pattern of their route, and those that the client gave up', async () => {
  for (let count = 0; count < 3; count += 1) await (await demo.get(`/bank-cards/${clean}`)).text();
  await (await demo.get('/nowhere')).text();
  const counts = async () =>
    [...(await scrape()).matchAll(/^http_server_request_duration_count(?<labels>.+)$/gm)].map(([line]) => line);
  const name = 'http_server_request_duration_count{http_request_method="GET"';
  expect(await counts()).toEqual([
    `${name},http_route="/bank-cards/:orderNo",http_response_status_class="2xx"} 3`,
    `${name},http_response_status_class="4xx"} 1`,
  ]);
  const leaving = new AbortController();
  const live = await fetch(`${demo.url}/ops/live`, { headers: { 'x-api-key': KEY }, signal: leaving.signal });
  expect(live.status).toBe(200);
  leaving.abort();
  const aborted = `${name},http_route="/ops/live",http_response_status_class="aborted"} 1`;
  while (!(await counts()).includes(aborted)) await new Promise((resolve) => setImmediate(resolve));
});

it('is served to GET at one path, and to nobody without a port for it', async () => {
  const origin = new URL('/', demo.metricsUrl);
  const statuses = [
    await fetch(new URL('/metrics?name=x', origin)),
    await fetch(origin),
    await fetch(new URL('/metrics', origin), { method: 'POST' }),
    await demo.get('/metrics'),
  ].map(({ status }) => status);
  expect(statuses).toEqual([200, 404, 405, 404]);
  const without = await serveDemo();
  expect(without.metricsUrl).toBeUndefined();
  await without.close();
});

describe('after everything has been used', () => {
  beforeAll(async () => {
    await useEverything();
    demo.sandbox.killCredentials();
    await (await demo.get(`/bank-cards/${clean}`)).text();
  });

  it('has these metrics and no other; operators depend on their names', async () => {
    const types = [...(await scrape()).matchAll(/^# TYPE (?<type>.+)$/gm)].map(({ groups }) => groups?.['type']);
    expect(new Set(types)).toEqual(
      new Set([
        'bankcard_ocr_credential_events_total counter',
        'bankcard_ocr_exchange_duration histogram',
        'bankcard_ocr_operation_duration histogram',
        'bankcard_ocr_photo_size histogram',
        'bankcard_ocr_refreshes_total counter',
        'bankcard_ocr_rejections_total counter',
        'bankcard_ocr_ticket_age gauge',
        'bankcard_ocr_ticket_valid gauge',
        'bankcard_ocr_warnings_total counter',
        'http_server_request_duration histogram',
        'nodejs_eventloop_delay_p99 gauge',
        'process_cpu_time_total counter',
        'process_memory_usage gauge',
        'process_uptime gauge',
      ]),
    );
  });

  it('has at most 200 series, however many orders and codes there are', async () => {
    const { sandbox, get } = demo;
    const before = seriesOf(await scrape());
    for (let count = 0; count < 300; count += 1) {
      const code = String(Math.floor(Math.random() * 1e9) + 1e9);
      sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code, times: 1 });
      await (await get(`/bank-cards/order${code}`, count % 2 ? undefined : { 'x-api-key': code })).text();
      sandbox.clearFaults();
    }
    const after = seriesOf(await scrape());
    expect(before.length).toBeGreaterThan(60);
    expect(after.length - before.length).toBeLessThan(10);
    expect(after.length).toBeLessThanOrEqual(200);
  });

  it('shows nothing secret, nobody, and no URL', async () => {
    const text = await scrape();
    const { appId, secret } = demo.sandbox;
    const canaries = [appId, secret, KEY, clean, 'canary', '622202', demo.url, 'code', 'warn'];
    const shown = text
      .replaceAll(/\bcode="/g, '')
      .replaceAll('bankcard_ocr_warnings_total', '')
      .replaceAll(/^# .*$/gm, '');
    expect(canaries.filter((canary) => shown.includes(canary))).toEqual([]);
    expect(text).toContain('bankcard_ocr_ticket_age ');
  });
});

import { KycSandbox, type KycSandboxOptions } from 'nestjs-bankcard-ocr/testing';
import { serveDemo, type ServedDemo } from './serve-demo.js';

let demo: ServedDemo | undefined;

async function serve(
  options: KycSandboxOptions = {},
  prepare?: (sandbox: KycSandbox) => void,
  settings: Parameters<typeof serveDemo>[2] = {},
): Promise<ServedDemo> {
  demo = await serveDemo(options, prepare, settings);
  return demo;
}

afterEach(async () => {
  await demo?.close();
  demo = undefined;
});

interface Launch {
  readonly appId: string;
  readonly version: string;
  readonly nonce: string;
  readonly userId: string;
  readonly orderNo: string;
  readonly sign: string;
  readonly expiresInMs: number;
}

/** What the app does with the answer. */
function launchOn(sandbox: KycSandbox, { orderNo, ...signed }: Launch): boolean {
  const { accepted } = sandbox.acceptLaunch({
    orderNo,
    openApiAppId: signed.appId,
    openApiAppVersion: signed.version,
    openApiNonce: signed.nonce,
    openApiUserId: signed.userId,
    openApiSign: signed.sign,
  });
  return accepted;
}

it('from the launch to the card: the app starts the phone SDK, reports, and the card is there', async () => {
  const { post, json, sandbox } = await serve();
  const created = await post('/sdk-launches', { userId: 'user1' });
  expect(created.status).toBe(201);
  expect(created.headers.get('cache-control')).toBe('no-store');
  const launch = (await created.json()) as Launch;
  expect(Object.keys(launch).sort()).toEqual(
    ['appId', 'expiresInMs', 'nonce', 'orderNo', 'sign', 'userId', 'version'].sort(),
  );
  expect(launchOn(sandbox, launch)).toBe(true);
  const { orderNo } = launch;
  const verdict = await post('/sdk-results/verify', { orderNo, sign: sandbox.phoneResultSignature(orderNo) });
  expect([verdict.status, await verdict.json()]).toEqual([200, { valid: true }]);
  expect(await json(`/bank-cards/${orderNo}`)).toMatchObject({ orderNo });
  expect(sandbox.violations()).toEqual([]);
});

it('identifiers that look like card numbers reach the app whole, although the demo masks card numbers', async () => {
  const { post, sandbox } = await serve();
  const identifiers = { userId: '6222021234567890128', orderNo: '4111111111111111' };
  const launch = (await (await post('/sdk-launches', identifiers)).json()) as Launch;
  expect(launch).toMatchObject(identifiers);
  expect(launchOn(sandbox, launch)).toBe(true);
});

it('a user who comes back too soon is told when to try again', async () => {
  // Less than the 2 s between two launches of a user: whoever comes back at once is not waited with.
  const { post, sandbox } = await serve({}, undefined, { timeoutMs: 1_500 });
  let tooSoon: Response;
  // On a machine that is slow enough nobody comes back too soon, or a launch takes longer than it may.
  do tooSoon = await post('/sdk-launches', { userId: 'user1' });
  while (tooSoon.status !== 429);
  expect(tooSoon.headers.get('retry-after')).toBe('2');
  expect(await tooSoon.json()).toMatchObject({ statusCode: 429, code: 'RATE_LIMITED' });
  expect(sandbox.violations()).toEqual([]);
});

it('a report that the vendor has not signed is not valid', async () => {
  const { post } = await serve();
  const verdict = await post('/sdk-results/verify', { orderNo: 'order1', sign: 'A'.repeat(40) });
  expect([verdict.status, await verdict.json()]).toEqual([200, { valid: false }]);
});

it.each([
  ['/sdk-launches', { userId: 'canary@1' }],
  ['/sdk-launches', { userId: 'user1', orderNo: 'canary-1' }],
  ['/sdk-launches', {}],
  ['/sdk-launches', '{"userId": "canary'],
  ['/sdk-results/verify', { orderNo: 'canary-1', sign: 'A'.repeat(40) }],
  ['/sdk-results/verify', { orderNo: 'order1', sign: 'canary' }],
])('%s with %j is 400, unasked and not repeated', async (path, body) => {
  const { post, sandbox } = await serve();
  const response = await post(path, body);
  expect(response.status).toBe(400);
  expect(await response.text()).not.toContain('canary');
  expect(sandbox.calls.nonceTicket).toBe(0);
});

it('a body that is far too long is 413', async () => {
  const { post } = await serve();
  expect((await post('/sdk-launches', { userId: 'x'.repeat(5_000) })).status).toBe(413);
});

it('nobody comes in without a key', async () => {
  const { post, sandbox } = await serve();
  for (const path of ['/sdk-launches', '/sdk-results/verify']) {
    expect((await post(path, { userId: 'user1' }, {})).status).toBe(401);
    expect((await post(path, { userId: 'user1' }, { 'x-api-key': 'wrong' })).status).toBe(401);
  }
  expect(sandbox.calls.nonceTicket).toBe(0);
});

it('when the vendor denies the launch, the answer does not say why', async () => {
  const { post, sandbox } = await serve();
  sandbox.injectFault({ endpoint: 'api_ticket', ticketType: 'NONCE', kind: 'code', code: '400104' });
  const denied = await post('/sdk-launches', { userId: 'user1' });
  expect(denied.status).toBe(500);
  expect(await denied.json()).toEqual({ statusCode: 500, code: 'ACCESS_DENIED', message: 'internal server error' });
});

it('logs who came and which route, never a user, an order, a nonce or a signature', async () => {
  const { post, sandbox, logged } = await serve();
  const identifiers = { userId: 'canaryUser1', orderNo: 'canaryOrder1' };
  const launch = (await (await post('/sdk-launches', identifiers)).json()) as Launch;
  const sign = sandbox.phoneResultSignature('canaryOrder1') ?? '';
  await post('/sdk-results/verify', { orderNo: 'canaryOrder1', sign });
  await post('/sdk-launches', identifiers);
  sandbox.injectFault({ endpoint: 'api_ticket', kind: 'html-502' });
  await post('/sdk-launches', { userId: 'canaryUser2' });
  const lines = logged.join('\n');
  expect(lines).toContain('shop/till: POST /sdk-launches');
  expect(lines).toContain('shop/till: POST /sdk-results/verify');
  for (const secret of ['canary', launch.nonce, launch.sign, sign, sandbox.secret]) expect(lines).not.toContain(secret);
});

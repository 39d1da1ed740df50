import { connect } from 'node:net';
import { KycSandbox } from '../kyc-sandbox.js';
import { ManualClock } from '../manual-clock.js';
import { PlainClient, until } from '../plain-client.test-support.js';

const CLEAN = KycSandbox.EXAMPLE_ORDERS.clean;

describe('the HTTP side', () => {
  let sandbox: KycSandbox;
  let client: PlainClient;

  beforeEach(async () => {
    sandbox = await KycSandbox.start({ clock: new ManualClock() });
    client = new PlainClient(sandbox);
  });

  afterEach(async () => {
    client.close();
    await sandbox.stop();
  });

  test.each(['/', '/api/server/getOcr', '/api/oauth2/access_token/', '/kyc/api/oauth2/access_token'])(
    'the vendor has no %s',
    async (path) => {
      const { status, headers, text } = await client.get(path);
      expect([status, headers['content-type']]).toEqual([404, 'text/html']);
      expect(text).toContain('404 Not Found');
      expect(sandbox.journal()).toMatchObject([{ endpoint: 'unknown' }]);
    },
  );

  test.each(['POST', 'PUT', 'DELETE', 'HEAD'])('%s is not allowed', async (method) => {
    const { status, headers } = await client.get('/api/oauth2/access_token', {}, undefined, method);
    expect([status, headers.allow]).toEqual([405, 'GET']);
    expect(sandbox.calls).toMatchObject({ accessToken: 0, unknown: 1 });
  });

  test('an unknown path does not end the connection', async () => {
    await client.get('/nowhere');
    await client.get('/nowhere');
    expect(sandbox.connections.total).toBe(1);
  });

  test('connections are kept alive and counted', async () => {
    const { ticket } = await client.refresh();
    for (let call = 0; call < 5; call += 1) await client.query(CLEAN, ticket);
    expect(sandbox.connections).toEqual({ open: 1, total: 1 });
    client.close();
    await until(() => sandbox.connections.open === 0);
    await new PlainClient(sandbox).accessToken();
    expect(sandbox.connections).toEqual({ open: 1, total: 2 });
  });

  test('inFlight is what has arrived and is not answered', async () => {
    sandbox.injectFault({ endpoint: 'access_token', kind: 'hang' });
    const hanging = [client.accessToken(), client.accessToken(), client.accessToken()];
    const ends = Promise.allSettled(hanging);
    await until(() => sandbox.inFlight === 3);
    expect(sandbox.connections.open).toBe(3);
    client.close();
    await ends;
    await until(() => sandbox.inFlight === 0);
  });

  test('queries above the concurrency limit are answered with 400506 at once', async () => {
    const { ticket } = await client.refresh();
    sandbox.configure({ concurrencyLimit: 2 });
    const fault = sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'hang' });
    const patience = new AbortController();
    const hanging = [1, 2].map(() => client.query(CLEAN, ticket, {}, patience.signal).catch(() => 'gone'));
    await until(() => sandbox.inFlight === 2);
    expect((await client.query(CLEAN, ticket)).json).toMatchObject({ code: '400506', success: false });
    expect((await client.query(CLEAN, ticket)).json.code).toBe('400506');
    expect(fault.hits).toBe(2);
    // Token calls are not queries.
    expect((await client.accessToken()).json.code).toBe('0');
    patience.abort();
    await Promise.all(hanging);
    fault.clear();
    await until(() => sandbox.inFlight === 0);
    expect((await client.query(CLEAN, ticket)).json.code).toBe('0');
    sandbox.configure({ concurrencyLimit: undefined });
  });

  test('one after the other, queries never meet a limit of one', async () => {
    sandbox.configure({ concurrencyLimit: 1, photoBytes: 300_000 });
    const { ticket } = await client.refresh();
    for (let call = 0; call < 20; call += 1) {
      expect((await client.query(CLEAN, ticket, { get_file: '1' })).json.code).toBe('0');
    }
  });

  test('answerDelayMs is real time, whatever the clock', async () => {
    sandbox.configure({ answerDelayMs: 30 });
    const start = performance.now();
    expect((await client.accessToken()).json.code).toBe('0');
    expect(performance.now() - start).toBeGreaterThan(25);
  });

  test('a path prefix', async () => {
    await using prefixed = await KycSandbox.start({ pathPrefix: '/kyc/' });
    expect(prefixed.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/kyc$/);
    const behind = new PlainClient(prefixed);
    const { ticket } = await behind.refresh();
    expect((await behind.query(CLEAN, ticket)).json.code).toBe('0');
    behind.close();
  });

  test('a given port, and an error when it is taken', async () => {
    const port = Number(new URL(sandbox.url).port);
    await expect(KycSandbox.start({ port })).rejects.toThrow('EADDRINUSE');
    await sandbox.stop();
    await using second = await KycSandbox.start({ port });
    expect(second.url).toBe(`http://127.0.0.1:${port}`);
  });

  test('garbage on the socket harms nobody', async () => {
    const socket = connect(Number(new URL(sandbox.url).port), '127.0.0.1', () => socket.write('\0\0 no HTTP\r\n\r\n'));
    await new Promise((resolve) => socket.resume().once('close', resolve));
    expect((await client.accessToken()).json.code).toBe('0');
  });
});

describe('stop', () => {
  test('cuts hanging requests and idle connections, and can be repeated', async () => {
    const sandbox = await KycSandbox.start({ clock: new ManualClock() });
    const client = new PlainClient(sandbox);
    await client.accessToken();
    sandbox.injectFault({ endpoint: 'all', kind: 'hang', times: 1 });
    sandbox.injectFault({ endpoint: 'all', kind: 'slow', delayMs: 1_000 });
    const ends = Promise.allSettled([client.accessToken(), client.accessToken()]);
    await until(() => sandbox.inFlight === 2);
    await sandbox.stop();
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(sandbox.connections.open).toBe(0);
    await sandbox.stop();
    client.close();
    await expect(fetch(sandbox.url)).rejects.toThrow('fetch failed');
  });

  test('leaving the scope of `await using` stops it', async () => {
    let url = '';
    {
      await using sandbox = await KycSandbox.start();
      ({ url } = sandbox);
      expect((await fetch(url)).status).toBe(404);
    }
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});

test('600 queries at a concurrency of 200, each with its own card', async () => {
  await using sandbox = await KycSandbox.start({ unknownOrders: 'invent' });
  const client = new PlainClient(sandbox, 200);
  const { ticket } = await client.refresh();
  const cards = new Set<string>();
  let next = 0;
  const worker = async () => {
    while (next < 600) {
      const orderNo = `order${(next += 1)}`;
      const { json } = await client.query(orderNo, ticket);
      if (json.result.orderNo === orderNo) cards.add(json.result.bankCardNo);
    }
  };
  await Promise.all(Array.from({ length: 200 }, worker));
  client.close();
  expect(cards.size).toBe(600);
  expect(sandbox.calls.codes.getBankCardOcrResult).toEqual({ '0': 600 });
  expect([sandbox.rejected, sandbox.violations()]).toEqual([0, []]);
});

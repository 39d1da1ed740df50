import { BankCardOcrModule, OcrResultService, SdkLaunchService } from 'nestjs-bankcard-ocr';
import { BankCardOcrOpsModule } from 'nestjs-bankcard-ocr/ops';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { optionsFor } from '../support/application.js';
import { ECHO_ORDER, leaksIn, RecordingProxy } from '../support/recording-proxy.js';
import { closeAll, credentialsOf, PLATFORMS, ROUTES, serve, type Stage } from './operations-stage.js';

/**
 * Every route once, in one application of each platform: what `npm test` has of the stories beside this one, which take long
 * and run in `npm run test:processes`.
 */
const CARD = '6222021234567890128';
const ORDER = 'goodcanary1';
const ECHO = `${ECHO_ORDER}canary2`;
const USER_ID = 'usercanary3';

describe.each(PLATFORMS)('the operations API on %s', (platform) => {
  let sandbox: KycSandbox;
  let proxy: RecordingProxy;
  let stage: Stage;
  /** Everything that operators were shown. */
  const shown: string[] = [];

  async function shownAt(path: string, method = 'GET'): Promise<{ status: number; body: Record<string, unknown> }> {
    const { status, headers, text, body } = await (method === 'GET' ? stage.ask(path) : stage.post(path));
    shown.push(text, JSON.stringify([...headers]));
    expect(headers.get('cache-control')).toBe('no-store');
    return { status, body };
  }

  beforeAll(async () => {
    sandbox = await KycSandbox.start();
    proxy = await RecordingProxy.start(sandbox.url);
    for (const orderNo of [ORDER, ECHO]) sandbox.addOrder({ orderNo, bankCardNo: CARD, photos: 'all' });
    const options = { ...optionsFor(sandbox), baseUrl: proxy.url, timeoutMs: 60_000, attemptTimeoutMs: 60_000 };
    const imports = [BankCardOcrModule.forRoot(options), BankCardOcrOpsModule.forRoot()];
    stage = await serve(platform, { imports });
    await credentialsOf(stage.application);
  });

  afterAll(async () => {
    await closeAll();
    await proxy.stop();
    await sandbox.stop();
  });

  it.each(ROUTES)('%s %s is below the prefix of the application and behind its guards', async (method, route) => {
    expect((await stage.ask(`/ops/${route}`, { method, headers: {} })).status).toBe(403);
    expect((await fetch(stage.url.replace('/internal', `/ops/${route}`), { method })).status).toBe(404);
  });

  it('tells operators what they ask for, and those who follow what happens, but nothing that is secret', async () => {
    const follower = await stage.follow();
    const start = await follower.line(({ type }) => type === 'start');
    expect(start.credentials).toMatchObject([{ account: null, state: 'fresh', generation: 1 }]);

    const ocr = stage.application.get(OcrResultService);
    await ocr.query(ORDER, { photos: true });
    // Tencent repeats everything that it was sent in its refusal.
    await expect(ocr.query(ECHO, { maxAttempts: 1 })).rejects.toMatchObject({ vendorCode: '400103' });
    await stage.application.get(SdkLaunchService).create({ userId: USER_ID });

    const { appId } = sandbox;
    expect(await shownAt('/ops/accounts')).toMatchObject({
      status: 200,
      body: { accounts: [{ account: null, appId: `${appId.slice(0, 3)}***${appId.slice(-2)}`, health: 'up' }] },
    });
    expect(await shownAt('/ops/exchanges?limit=3')).toMatchObject({
      status: 200,
      body: {
        exchanges: [
          { endpoint: 'api_ticket', outcome: 'OK' },
          { endpoint: 'getBankCardOcrResult', vendorCode: '400103' },
          { endpoint: 'getBankCardOcrResult', outcome: 'OK' },
        ],
      },
    });
    expect(await shownAt('/ops/refresh', 'POST')).toMatchObject({
      status: 200,
      body: { outcome: 'refreshed', generation: 2, by: 'this-process' },
    });
    expect(await shownAt('/ops/store-check', 'POST')).toMatchObject({
      status: 200,
      body: { account: null, content: 'record', findings: [{}] },
    });
    expect(await shownAt('/ops/credentials')).toMatchObject({
      status: 200,
      body: {
        credentials: [
          {
            state: 'fresh',
            generation: 2,
            stored: { content: 'record', record: { generation: 2 } },
            events: expect.arrayContaining([expect.objectContaining({ event: 'refresh-started', forced: true })]),
          },
        ],
      },
    });
    await stage.application.close();
    await follower.ended;
    const updated = { type: 'credentials', event: 'credentials-updated', generation: 2, source: 'refresh' };
    const exchange = { type: 'exchange', endpoint: 'getBankCardOcrResult', outcome: 'OK', status: 200, generation: 1 };
    expect(follower.lines).toEqual(
      expect.arrayContaining([expect.objectContaining(exchange), expect.objectContaining(updated)]),
    );
    expect(follower.lines.at(-1)).toEqual({ type: 'end', reason: 'shutdown' });

    const own: [string, Set<string>][] = [
      ['order number', new Set([ORDER, ECHO])],
      ['user id', new Set([USER_ID])],
      ['app id', new Set([appId])],
      ['secret', new Set([sandbox.secret])],
      ['nonce', proxy.nonces],
    ];
    const canaries = new Map([...proxy.canaries, ...own]);
    const expected = ['access_token', 'app id', 'card number', 'nonce', 'order number', 'photo', 'secret', 'sign'];
    expect([...canaries.keys()].sort()).toEqual([...expected, 'user id', 'value']);
    for (const [what, values] of canaries) expect([what, values.size]).not.toEqual([what, 0]);
    expect(leaksIn(shown.join('\n') + follower.text, canaries)).toEqual([]);
    expect(sandbox.violations()).toEqual([]);
  });
});

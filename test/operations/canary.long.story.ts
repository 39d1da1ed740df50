import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BankCardOcrModule, OcrResultService, SdkLaunchService, TicketService } from 'nestjs-bankcard-ocr';
import { BankCardOcrOpsModule } from 'nestjs-bankcard-ocr/ops';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { optionsFor } from '../support/application.js';
import { CUT_ORDER, ECHO_ORDER, leaksIn, RecordingProxy } from '../support/recording-proxy.js';
import { closeAll, type Follower, PLATFORMS, serve, type Stage } from './operations-stage.js';

const CARD = '6222021234567890128';
const ORDERS = ['goodcanary1', `${ECHO_ORDER}canary2`, `${CUT_ORDER}canary3`, 'unknowncanary4'];
const USER_ID = 'usercanary5';
const STORE_KEY = '5ec4e7'.repeat(11).slice(0, 64);

let sandbox: KycSandbox;
let proxy: RecordingProxy;
let directory: string;
let shown: string[];

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  proxy = await RecordingProxy.start(sandbox.url);
  for (const orderNo of ORDERS.slice(0, -1)) sandbox.addOrder({ orderNo, bankCardNo: CARD, photos: 'all' });
  directory = mkdtempSync(path.join(tmpdir(), 'operations-'));
  shown = [];
});

afterEach(async () => {
  await closeAll();
  await proxy.stop();
  await sandbox.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Everything that the routes show in the state that the application is in. */
async function lookAtAll({ ask, post }: Stage): Promise<void> {
  const answers = [
    ...['accounts', 'credentials', 'exchanges?limit=1000', 'exchanges?limit=x', 'credentials?account=x'].map((route) =>
      ask(`/ops/${route}`),
    ),
    post('/ops/refresh'),
    post('/ops/store-check'),
  ];
  for (const { text, headers } of await Promise.all(answers)) shown.push(text, JSON.stringify([...headers]));
}

async function useAll({ application }: Stage): Promise<void> {
  for (const orderNo of ORDERS)
    await application
      .get(OcrResultService)
      .query(orderNo, { photos: true, maxAttempts: 1 })
      .catch(() => undefined);
  await application
    .get(SdkLaunchService)
    .create({ userId: USER_ID })
    .catch(() => undefined);
}

/** All texts in the files of the store but the ids of generations, which are shown on purpose. */
function fileContents(): Set<string> {
  const texts = new Set<string>();
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!/record\.\d+$/.test(name)) continue;
    JSON.parse(readFileSync(path.join(directory, name), 'utf8'), (key, value: unknown) => {
      if (typeof value === 'string' && value.length > 8 && key !== 'id') texts.add(value);
      return value;
    });
  }
  return texts;
}

const canaries = (own: Record<string, Iterable<string>> = {}) =>
  new Map([
    ...proxy.canaries,
    ['nonce', proxy.nonces],
    ['order number', new Set(ORDERS)],
    ['user id', new Set([USER_ID])],
    ['app id', new Set([sandbox.appId])],
    ['file contents', fileContents()],
    ...Object.entries(own).map(([what, values]) => [what, new Set(values)] as const),
  ]);

describe.each(PLATFORMS)('nothing secret is shown to operators on %s', (platform) => {
  async function started(change: object): Promise<{ stage: Stage; follower: Follower }> {
    const options = { ...optionsFor(sandbox), baseUrl: proxy.url, timeoutMs: 20_000, ...change };
    const imports = [BankCardOcrModule.forRoot(options), BankCardOcrOpsModule.forRoot()];
    const stage = await serve(platform, { imports });
    return { stage, follower: await stage.follow() };
  }

  it.each([
    ['in clear', {}],
    ['encrypted', { storeEncryptionKey: STORE_KEY }],
  ])('whatever happens, with files %s', async (_how, change) => {
    const { stage, follower } = await started({ ...change, ticketStore: `file:${directory}` });
    // Before there are credentials, perhaps.
    await lookAtAll(stage);
    await stage.application.get(TicketService).getCredentials();
    await useAll(stage);
    await lookAtAll(stage);
    // Tencent repeats everything that it was sent in its refusals.
    proxy.echoesAll = true;
    await useAll(stage);
    await lookAtAll(stage);
    await stage.application.close();
    await follower.ended;
    const all = canaries({ 'store key': [STORE_KEY] });
    expect([...all.keys()].sort()).toEqual(
      [
        'access_token',
        'app id',
        'card number',
        'file contents',
        'nonce',
        'order number',
        'photo',
        'secret',
        'sign',
        'store key',
        'user id',
        'value',
      ].sort(),
    );
    for (const [what, values] of all) expect([what, values.size]).not.toEqual([what, 0]);
    const text = shown.join('\n') + follower.text;
    expect(leaksIn(text, all)).toEqual([]);
    // There was something to show.
    for (const what of ['getBankCardOcrResult', 'UNREACHABLE', '400103', 'credentials-updated', 'refresh-started']) {
      expect(text).toContain(what);
    }
    expect(follower.text).toContain('"outcome":"OK"');
  });

  it('nor the password of a Redis that cannot be reached', async () => {
    const ticketStore = 'redis://canaryuser:canary%40pass@127.0.0.1:1/0';
    const { stage, follower } = await started({ ticketStore, timeoutMs: 1_000 });
    await useAll(stage);
    await lookAtAll(stage);
    const [credentials] = (await stage.ask('/ops/credentials')).body.credentials;
    expect(credentials).toMatchObject({ state: 'none', store: { failing: true }, stored: { content: 'unreadable' } });
    await stage.application.close();
    await follower.ended;
    const text = shown.join('\n') + follower.text;
    const own = { 'user of Redis': ['canaryuser'], 'password of Redis': ['canary@pass'] };
    expect(leaksIn(text, canaries(own))).toEqual([]);
    expect(text).toContain('redis://127.0.0.1:1/0');
    expect(text).toContain('store-failed');
  });
});

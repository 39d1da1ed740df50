import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keyEntry } from '../../apps/demo-api/test/serve-demo.js';
import { Worker } from '../support/worker.js';

const KEY = 'key-of-the-shop';
const ORDERS = Array.from({ length: 12 }, (_, index) => `killedOrder${index}`);

/** What the sandbox has counted. */
interface Report {
  readonly calls: { readonly result: number };
  readonly misuse: readonly unknown[];
}

describe('a demo that is killed while orders wait for the archive', () => {
  let folder: string;
  let sandbox: Worker;
  let demo: Worker | undefined;
  let env: Record<string, string>;
  let url: string;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'demo-archive-'));
    sandbox = Worker.start('sandbox.worker');
    const { appId, secret, url: baseUrl } = JSON.parse(await sandbox.line('ready ')) as Record<string, string>;
    env = {
      PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'error',
      BANKCARD_OCR_APP_ID: appId!,
      BANKCARD_OCR_SECRET: secret!,
      BANKCARD_OCR_BASE_URL: baseUrl!,
      BANKCARD_OCR_TICKET_STORE: `file:${path.join(folder, 'tickets')}`,
      // A machine that is busy is no outage.
      BANKCARD_OCR_TIMEOUT_MS: '300000',
      BANKCARD_OCR_ATTEMPT_TIMEOUT_MS: '300000',
      DEMO_API_KEYS: keyEntry('shop/till', KEY),
      DEMO_AUDIT_FILE: path.join(folder, 'audit.jsonl'),
      DEMO_AUDIT_KEY: 'a1'.repeat(32),
      DEMO_RATE_LIMIT: '1000000',
      DEMO_ARCHIVE_DIRECTORY: path.join(folder, 'archive'),
      DEMO_ARCHIVE_KEYS_DIRECTORY: path.join(folder, 'keys'),
      DEMO_ARCHIVE_WRAPPING_KEYS: `k2026:${randomBytes(32).toString('base64')}`,
    };
    for (const orderNo of ORDERS) await tell('addOrder', { orderNo, photos: 'all' });
    await start();
  });

  afterEach(async () => {
    await demo?.kill();
    await sandbox.kill();
    rmSync(folder, { recursive: true });
  });

  async function tell(method: string, ...args: readonly unknown[]): Promise<string> {
    const done = sandbox.nextLine('done ');
    sandbox.tell(JSON.stringify({ method, args }));
    return done;
  }

  async function start(): Promise<void> {
    demo = Worker.start('demo.worker', env);
    url = await demo.line('demo-api listens on ');
    await until(async () => (await send('/health/ready')).ok);
  }

  const send = async (route: string) => fetch(url + route, { headers: { 'x-api-key': KEY } });
  const progress = async () => (await (await send('/archive')).json()) as { waiting: number; kept: number };
  const stateOf = async (orderNo: string) => {
    return ((await (await send(`/bank-cards/${orderNo}/archive`)).json()) as { state: string }).state;
  };

  it.each([
    ['in the queue', false],
    ['on the list of served orders, the queue being lost', true],
  ])('finds them after the next start: %s', async (_where, isQueueLost) => {
    // They are served, and cannot be kept: their photos are late.
    await tell('configure', { latePhotos: { delayMs: 86_400_000, as: 'missing' } });
    for (const orderNo of ORDERS) expect((await send(`/bank-cards/${orderNo}`)).status).toBe(200);
    await until(async () => (await progress()).waiting === ORDERS.length);
    await demo?.kill();
    if (isQueueLost) rmSync(path.join(folder, 'archive/queue'), { recursive: true });
    await tell('configure', { latePhotos: { delayMs: 0, as: 'missing' } });
    await start();
    await until(async () => (await Promise.all(ORDERS.map(stateOf))).every((state) => state === 'kept'));
    await until(async () => (await progress()).kept === ORDERS.length);
    expect((await progress()).waiting).toBe(0);
    // Photos without Tencent.
    await tell('injectFault', { endpoint: 'all', kind: 'html-502' });
    for (const orderNo of ORDERS) {
      const photo = await send(`/bank-cards/${orderNo}/photos/original`);
      expect([orderNo, photo.status, (await photo.arrayBuffer()).byteLength > 100]).toEqual([orderNo, 200, true]);
    }
  });

  it('keeps each order once, though it is killed again and again while it keeps them', async () => {
    for (const orderNo of ORDERS) {
      expect((await send(`/bank-cards/${orderNo}`)).status).toBe(200);
      // Killed at any time after the order is known to the archive.
      await until(async () => (await stateOf(orderNo)) !== 'not-kept');
      if (Number.parseInt(orderNo.slice(-1), 10) % 4 !== 3) continue;
      await demo?.kill();
      await start();
    }
    await until(async () => (await Promise.all(ORDERS.map(stateOf))).every((state) => state === 'kept'));
    for (const orderNo of ORDERS) {
      const verified = await (await send(`/bank-cards/${orderNo}/archive?verify=true`)).json();
      expect(verified).toMatchObject({ state: 'kept', findings: 0, missing: [] });
    }
    const { misuse } = JSON.parse(await tell('report')) as Report;
    expect(misuse).toEqual([]);
  });
});

/** Wait until something holds, however long it takes: it is of other processes. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}

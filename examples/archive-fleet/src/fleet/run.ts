import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { EvidenceArchive } from 'nestjs-bankcard-ocr/archive';
import { KycSandbox, ManualClock, S3Sandbox } from 'nestjs-bankcard-ocr/testing';
import { openEvidence } from '../evidence.js';
import { Child } from './child.js';
import { findRedis } from './redis.js';

const ORDERS = Number(process.env['ORDERS'] ?? 200);
const WORKERS = 4;
const DAY_MS = 86_400_000;
/** Nothing takes so long; what the workers have said last tells why. */
const GIVE_UP_MS = 600_000;

/** Four workers keep the orders of a table, while one of them is killed, the queue is lost, and Tencent's responses fail. */
async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'archive-fleet-'));
  const redis = await findRedis();
  const s3 = await S3Sandbox.start();
  // A Redis that others use, too, has nothing of this app id.
  const vendor = await KycSandbox.start({
    appId: `IDA${randomInt(10_000, 99_999)}`,
    unknownOrders: 'invent',
    answerDelayMs: 20,
    latePhotos: { delayMs: 500, as: 'missing' },
  });
  for (const kind of ['html-502', 'lost-response', 'truncated'] as const) {
    vendor.injectFault({ endpoint: 'getBankCardOcrResult', kind, times: 3 });
  }
  const env = variablesFor(folder, { vendor, s3, redis: redis.url });
  const orders = Array.from({ length: ORDERS }, (_, index) => `order${index}`);
  writeFileSync(env['ORDERS_FILE'] ?? '', orders.map((orderNo) => `${orderNo} ${Date.now()}\n`).join(''));
  console.log(
    `${ORDERS} orders, ${WORKERS} workers, queue in ${new URL(redis.url).host}, bucket in ${new URL(s3.url).host}`,
  );

  const start = async (): Promise<Child> => {
    return Child.start(process.execPath, [path.join(__dirname, '../main.js')], env, /^ready$/);
  };
  const fleet = await Promise.all(Array.from({ length: WORKERS }, start));
  const kept = (): number =>
    new Set(fleet.flatMap((worker) => worker.said('kept').map((line) => line.split(' ')[0]))).size;
  const startedAt = performance.now();
  const checkTime = (): void => {
    if (performance.now() - startedAt < GIVE_UP_MS) return;
    throw new Error(`given up: ${JSON.stringify(fleet.map((worker) => worker.lines.slice(-5)))}`);
  };
  const reach = async (share: number): Promise<void> => {
    while (kept() < share * ORDERS) {
      checkTime();
      assert.deepEqual(
        fleet.flatMap((worker) => worker.said('lost')),
        [],
      );
      await pause(100);
    }
    console.log(`${String(kept()).padStart(String(ORDERS).length)} of ${ORDERS} kept`);
  };
  await reach(0.2);
  await fleet[0]?.kill();
  console.log('worker 1 killed (kill -9); worker 5 takes its place');
  fleet.push(await start());
  await reach(0.4);
  if (!process.env['REDIS_URL']) {
    await flush(redis.url);
    console.log('the queue is lost (FLUSHALL); the reconciler fills it again');
  }
  for (const share of [0.6, 0.8]) await reach(share);
  const manifests = (): number => s3.objects.keys().filter((key) => key.endsWith('/manifest.json')).length;
  // A worker that is killed may have kept an order without saying so.
  while (manifests() < ORDERS) {
    checkTime();
    await pause(100);
  }
  console.log(`${ORDERS} of ${ORDERS} kept`);
  const codes = await Promise.all(fleet.slice(1).map(async (worker) => worker.stop()));
  assert.deepEqual(codes, Array<number>(WORKERS).fill(0));

  await report(fleet, orders, { env, vendor, s3, manifests: manifests() });
  await Promise.all([vendor.stop(), s3.stop(), redis.stop()]);
  rmSync(folder, { recursive: true });
}

interface Surroundings {
  readonly vendor: KycSandbox;
  readonly s3: S3Sandbox;
  readonly redis: string;
}

function variablesFor(folder: string, { vendor, s3, redis }: Surroundings): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('BANKCARD_OCR_'));
  const { endpoint, region, credentials } = s3.clientOptions;
  return {
    ...Object.fromEntries(others),
    BANKCARD_OCR_APP_ID: vendor.appId,
    BANKCARD_OCR_SECRET: vendor.secret,
    BANKCARD_OCR_BASE_URL: vendor.url,
    BANKCARD_OCR_TICKET_STORE: redis,
    REDIS_URL: redis,
    S3_ENDPOINT: endpoint,
    S3_REGION: region,
    S3_BUCKET: s3.bucket,
    S3_KEY_ID: credentials.accessKeyId,
    S3_SECRET: credentials.secretAccessKey,
    EVIDENCE_KEYS_DIRECTORY: path.join(folder, 'keys'),
    EVIDENCE_WRAPPING_KEY: randomBytes(32).toString('base64'),
    ORDERS_FILE: path.join(folder, 'orders.txt'),
  };
}

async function flush(url: string): Promise<void> {
  const client = new Redis(url);
  await client.flushall();
  await client.quit();
}

/** Verify everything that is stored, a day later, when what the killed worker has left is an orphan. */
async function report(
  fleet: readonly Child[],
  orders: readonly string[],
  { env, vendor, s3, manifests }: { env: NodeJS.ProcessEnv; vendor: KycSandbox; s3: S3Sandbox; manifests: number },
): Promise<void> {
  const { client, store, keys } = openEvidence(env);
  const results = { download: async () => Promise.reject(new Error('Tencent is not asked again')) };
  const source = { results, appId: vendor.appId, host: vendor.url };
  const archive = new EvidenceArchive({ source, store, keys, clock: new ManualClock(Date.now() + 1.1 * DAY_MS) });
  const orphans = await archive.collectOrphans();
  let findings = 0;
  for await (const verification of archive.verifyAll()) findings += verification.findings.length;
  let photos = 0;
  for (const orderNo of orders) photos += (await archive.read(orderNo)).photos.length;
  client.destroy();

  const commits = fleet.flatMap((worker) => worker.said('kept').filter((line) => line.endsWith(' true')));
  console.table(
    fleet.map((worker, index) => ({
      worker: index + 1,
      kept: worker.said('kept').filter((line) => line.endsWith(' true')).length,
      'tried again': worker.said('failed').length,
      end: index === 0 ? 'killed' : 'stopped',
    })),
  );
  const facts = {
    orders: orders.length,
    manifests,
    'double commits': commits.length - new Set(commits).size,
    photos,
    'orphans removed': orphans,
    'findings of verifyAll()': findings,
    'queries that Tencent has seen': vendor.calls.result,
    violations: vendor.violations().length + s3.violations().length,
  };
  console.table(Object.entries(facts).map(([fact, number]) => ({ fact, number })));
  assert.equal(manifests, orders.length);
  assert.equal(photos, 3 * orders.length);
  assert.deepEqual([facts['double commits'], findings, facts.violations], [0, 0, 0]);
  console.log('every order is kept once, and everything verifies');
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
run().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

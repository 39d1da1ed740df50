import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { EvidenceArchive, FileKeyStore } from 'nestjs-bankcard-ocr/archive';
import { S3EvidenceStore } from 'nestjs-bankcard-ocr/archive-s3';
import { KycSandbox, ManualClock, S3Sandbox } from 'nestjs-bankcard-ocr/testing';
import { Worker } from '../support/worker.js';

const ORDERS = Number(process.env['ORDERS'] ?? 40);
/** Of each worker, before one may live. */
const KILLS = Number(process.env['KILLS'] ?? 3);
const WORKERS = 4;

let vendor: KycSandbox;
let s3: S3Sandbox;
let folder: string;
let wrappingKey: string;

beforeEach(async () => {
  vendor = await KycSandbox.start({ unknownOrders: 'invent', answerDelayMs: 5 });
  s3 = await S3Sandbox.start({ pageSize: 50 });
  folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
  wrappingKey = randomBytes(32).toString('base64');
});

afterEach(async () => {
  await vendor.stop();
  await s3.stop();
  rmSync(folder, { recursive: true });
});

function start(orders: readonly string[], more: Record<string, string> = {}): Worker {
  return Worker.start('archive.worker', {
    ...{ URL: vendor.url, APP_ID: vendor.appId, SECRET: vendor.secret, FOLDER: folder, WRAPPING_KEY: wrappingKey },
    ...{ S3: JSON.stringify(s3.clientOptions), BUCKET: s3.bucket, ORDERS: JSON.stringify(orders), ...more },
  });
}

function lines(output: string, word: string): string[] {
  return output.split('\n').flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
}

/** Everything is in the bucket once, provable and readable; what killed processes have left goes a day later. */
async function checkArchive(orders: readonly string[]): Promise<number> {
  const client = new S3Client({ ...s3.clientOptions, requestChecksumCalculation: 'WHEN_REQUIRED' });
  const results = { download: () => Promise.reject(new Error('nothing is to be asked')) };
  const archive = new EvidenceArchive({
    source: { results, appId: vendor.appId, host: 'https://host' },
    store: new S3EvidenceStore({ client, bucket: s3.bucket }),
    keys: new FileKeyStore({ directory: path.join(folder, 'keys'), wrappingKeys: { first: wrappingKey } }),
    clock: new ManualClock(Date.now() + 25 * 3_600_000),
  });
  const orphans = await archive.collectOrphans();
  const findings: unknown[] = [];
  for await (const verification of archive.verifyAll()) findings.push(...verification.findings);
  expect(findings).toEqual([]);
  let objects = 0;
  for (const orderNo of orders) {
    const { manifest, photo } = await archive.read(orderNo);
    objects += manifest.objects.length;
    for (const { kind } of manifest.objects) expect((await photo(kind))?.bytes.length).toBeGreaterThan(0);
  }
  const stored = s3.objects.keys().filter((key) => !key.startsWith('.probe/'));
  expect(stored.filter((key) => key.endsWith('manifest.json'))).toHaveLength(orders.length);
  expect(stored.filter((key) => key.startsWith('log/'))).toHaveLength(orders.length);
  expect(stored.filter((key) => key.startsWith('orders/'))).toHaveLength(orders.length + objects);
  client.destroy();
  return orphans;
}

describe('processes that keep orders in a bucket', () => {
  it('and are killed at random (kill -9), while responses are lost, keep each once and replace nothing', async () => {
    const orders = Array.from({ length: ORDERS }, (_, index) => `order${index}`);
    const losses = ['manifest.json', '-crop', 'log/'].map((key) => {
      const loss = s3.injectFault({ operation: 'PutObject', key, kind: 'lost-response', times: 5 });
      s3.injectFault({ operation: 'PutObject', key, kind: 'slow-down', times: 3 });
      return loss;
    });
    s3.injectFault({ operation: 'GetObject', kind: 'truncated', times: 5 });
    const outputs: string[] = [];
    await Promise.all(
      Array.from({ length: WORKERS }, async (_, share) => {
        const own = orders.filter((_order, index) => index % WORKERS === share);
        for (let kill = 0; kill < KILLS; kill += 1) {
          const worker = start(own, { DIE_AT: String(1 + Math.floor(Math.random() * 25)) });
          await worker.exited;
          outputs.push(worker.output);
        }
        const last = start(own);
        await last.line('done');
        await last.exited;
        outputs.push(last.output);
      }),
    );
    const all = outputs.join('\n');
    const ended = lines(all, 'kept');
    const interrupted = lines(all, 'begin').length - ended.length;
    const orphans = await checkArchive(orders);
    const queries = vendor.calls.result;
    // The journal forgets what is long ago.
    const lost = losses.reduce((sum, { hits }) => sum + hits, 0);
    process.stdout.write(
      `${ORDERS} orders in a bucket, ${WORKERS * KILLS} kills, ${lost} lost responses: ${interrupted} attempts ` +
        `interrupted, ${orphans} orphans removed, ${queries} queries, ${s3.journal().length} requests\n`,
    );
    expect(s3.violations()).toEqual([]);
    expect(lost).toBe(15);
    expect(lines(all, 'lost')).toEqual([]);
    // Else the kills have hit nothing.
    expect(interrupted).toBeGreaterThan(0);
    const commits = ended.filter((line) => line.endsWith(' true')).map((line) => line.split(' ')[0]);
    expect(new Set(commits).size).toBe(commits.length);
    expect(queries - interrupted).toBeLessThanOrEqual(ORDERS * 1.05);
  });

  it('keep the same orders at the same time: one of them commits each, and the others leave nothing', async () => {
    const orders = Array.from({ length: 12 }, (_, index) => `order${index}`);
    const workers = Array.from({ length: WORKERS }, () => start(orders));
    await Promise.all(workers.map(async (worker) => worker.line('done')));
    // All are kept, and a process may be about to find that another one was first: it still has to clear up.
    await Promise.all(workers.map(async (worker) => worker.exited));
    const commits = workers.flatMap(({ output }) => lines(output, 'kept')).filter((line) => line.endsWith(' true'));
    expect(commits).toHaveLength(orders.length);
    expect(new Set(commits.map((line) => line.split(' ')[0]))).toEqual(new Set(orders));
    expect(await checkArchive(orders)).toBe(0);
    expect(s3.violations()).toEqual([]);
  });
});

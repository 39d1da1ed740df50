import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DirectoryEvidenceStore, EvidenceArchive, FileKeyStore } from 'nestjs-bankcard-ocr/archive';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { eventually } from '../support/passing-time.js';
import { Worker } from '../support/worker.js';

const ORDERS = Number(process.env['ORDERS'] ?? 60);
/** Of each worker, before one may live. */
const KILLS = Number(process.env['KILLS'] ?? 4);
const WORKERS = 4;

let sandbox: KycSandbox;
let folder: string;
let wrappingKey: string;

beforeEach(async () => {
  // Answers take a while, so that there is a middle of a call to be killed in.
  sandbox = await KycSandbox.start({ unknownOrders: 'invent', answerDelayMs: 5 });
  folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
  wrappingKey = randomBytes(32).toString('base64');
});

afterEach(async () => {
  await sandbox.stop();
  rmSync(folder, { recursive: true });
});

function start(orders: readonly string[], more: Record<string, string> = {}): Worker {
  return Worker.start('archive.worker', {
    ...{ URL: sandbox.url, APP_ID: sandbox.appId, SECRET: sandbox.secret, FOLDER: folder, WRAPPING_KEY: wrappingKey },
    ...{ ORDERS: JSON.stringify(orders), ...more },
  });
}

function archiveAt(clock: ManualClock): EvidenceArchive {
  return new EvidenceArchive({
    source: {
      results: { download: () => Promise.reject(new Error('nothing is to be asked')) },
      ...sandbox,
      host: 'https://host',
    },
    store: new DirectoryEvidenceStore(path.join(folder, 'evidence')),
    keys: new FileKeyStore({ directory: path.join(folder, 'keys'), wrappingKeys: { first: wrappingKey } }),
    clock,
  });
}

function files(below: string): string[] {
  return readdirSync(path.join(folder, below), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function lines(output: string, word: string): string[] {
  return output.split('\n').flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
}

/** Everything is in the archive once, provable and readable; what killed processes have left goes a day later. */
async function checkArchive(orders: readonly string[]): Promise<number> {
  const clock = new ManualClock(Date.now() + 25 * 3_600_000);
  const archive = archiveAt(clock);
  const orphans = await archive.collectOrphans();
  expect(files('evidence/orders').filter((name) => name.endsWith('manifest.json'))).toHaveLength(orders.length);
  expect(files('evidence/log')).toHaveLength(orders.length);
  const findings: unknown[] = [];
  for await (const verification of archive.verifyAll()) findings.push(...verification.findings);
  expect(findings).toEqual([]);
  let objects = 0;
  for (const orderNo of orders) {
    const { manifest, photo } = await archive.read(orderNo);
    objects += manifest.objects.length;
    for (const { kind } of manifest.objects) expect((await photo(kind))?.bytes.length).toBeGreaterThan(0);
  }
  expect(files('evidence/orders')).toHaveLength(orders.length + objects);
  return orphans;
}

describe('processes that keep orders', () => {
  it('and are killed at random (kill -9) keep each once, ask once for it, and leave nothing', async () => {
    const orders = Array.from({ length: ORDERS }, (_, index) => `order${index}`);
    const outputs: string[] = [];
    await Promise.all(
      Array.from({ length: WORKERS }, async (_, share) => {
        const own = orders.filter((_order, index) => index % WORKERS === share);
        for (let kill = 0; kill < KILLS; kill += 1) {
          // Half of them end themselves around a change of a store, half are killed whenever it happens.
          const isOwnDeath = kill % 2 === 0;
          const worker = start(own, isOwnDeath ? { DIE_AT: String(1 + Math.floor(Math.random() * 25)) } : {});
          if (!isOwnDeath) {
            await worker.line('begin ').catch(() => undefined);
            const turns = Math.random() * 60;
            for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
            await worker.kill();
          }
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
    const begun = lines(all, 'begin').length;
    const ended = lines(all, 'kept');
    const interrupted = begun - ended.length;
    const abandoned = files('evidence/.tmp').length;
    const orphans = await checkArchive(orders);
    const queries = sandbox.calls.result;
    process.stdout.write(
      `${ORDERS} orders, ${WORKERS * KILLS} kills: ${interrupted} attempts interrupted, ${orphans} orphans and ` +
        `${abandoned} temporary files removed, ${queries} queries\n`,
    );
    expect(lines(all, 'lost')).toEqual([]);
    // Else the kills have hit nothing.
    expect(interrupted).toBeGreaterThan(0);
    const commits = ended.filter((line) => line.endsWith(' true')).map((line) => line.split(' ')[0]);
    expect(new Set(commits).size).toBe(commits.length);
    expect(queries - interrupted).toBeLessThanOrEqual(ORDERS * 1.05);

    for (const name of files('evidence/.tmp')) utimesSync(name, 0, 0);
    await new DirectoryEvidenceStore(path.join(folder, 'evidence')).create('last', Buffer.from('last'));
    expect(files('evidence/.tmp')).toEqual([]);
  });

  it('and share a queue in a directory keep each once, and take over what a killed one had', async () => {
    sandbox.configure({ answerDelayMs: 100 });
    const orders = Array.from({ length: 60 }, (_, index) => `order${index}`);
    const workers = Array.from({ length: 3 }, () => start(orders, { QUEUE_DIRECTORY: path.join(folder, 'queue') }));
    const first = await Promise.race(workers.map(async (worker) => worker.line('begin ').then(() => worker)));
    await first.nextLine('kept ');
    await first.kill();
    const others = workers.filter((worker) => worker !== first);
    await Promise.all(others.map(async (worker) => worker.line('done')));
    // It may have kept some, and not said so to the queue.
    await eventually(() => {
      try {
        return files('queue').every((name) => path.basename(name).startsWith('lease.'));
      } catch {
        // A folder has vanished while it was read.
        return false;
      }
    });
    for (const worker of others) worker.tell('stop');
    await Promise.all(others.map(async (worker) => worker.exited));
    for (const { output } of workers) expect(lines(output, 'kept').length).toBeGreaterThan(0);
    const interrupted = lines(first.output, 'begin').length - lines(first.output, 'kept').length;
    expect(sandbox.calls.result).toBeLessThanOrEqual(orders.length + interrupted);
    expect(lines(workers.map(({ output }) => output).join('\n'), 'queue-failed')).toEqual([]);
    expect(files('queue')).toEqual([]);
    await checkArchive(orders);
  });

  it('keep the same orders at the same time: one of them commits each, and the others leave nothing', async () => {
    const orders = Array.from({ length: 20 }, (_, index) => `order${index}`);
    const workers = Array.from({ length: WORKERS }, () => start(orders));
    await Promise.all(workers.map(async (worker) => worker.line('done')));
    await Promise.all(workers.map(async (worker) => worker.exited));
    const commits = workers.flatMap(({ output }) => lines(output, 'kept')).filter((line) => line.endsWith(' true'));
    expect(commits).toHaveLength(orders.length);
    expect(new Set(commits.map((line) => line.split(' ')[0]))).toEqual(new Set(orders));
    expect(await checkArchive(orders)).toBe(0);
  });
});

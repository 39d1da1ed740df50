import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { DirectoryEvidenceStore, EvidenceArchive, FileKeyStore } from 'nestjs-bankcard-ocr/archive';
import { KycSandbox, ManualClock, type SandboxFault } from 'nestjs-bankcard-ocr/testing';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { Worker } from '../support/worker.js';

const ORDERS = Number(process.env['ORDERS'] ?? 60);
/** Of all workers together. */
const KILLS = Number(process.env['KILLS'] ?? 6);
const WORKERS = 4;
/** Of each kind. */
const FAULTS = Math.ceil(ORDERS / 30);

/** A process, and what it has printed. */
class Process {
  readonly worker: Worker;

  constructor(environment: Record<string, string>) {
    this.worker = Worker.start('archive.worker', environment);
  }

  lines(word: string): string[] {
    return this.worker.output.split('\n').flatMap((line) => {
      return line === word || line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : [];
    });
  }

  /** Orders that it has begun to keep, and of which it has not said how that ended. */
  get inProgress(): string[] {
    const ended = ['kept', 'failed', 'lost', 'limited'].flatMap((word) => this.lines(word));
    const left = ended.map((line) => line.split(' ')[0]);
    return this.lines('begin').filter((orderNo) => {
      const at = left.indexOf(orderNo);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
  }
}

describeWithRedis('processes that share a queue in Redis', () => {
  let server: RedisServer;
  let sandbox: KycSandbox;
  let folder: string;
  let environment: Record<string, string>;
  const orders = Array.from({ length: ORDERS }, (_, index) => `order${index}`);

  beforeEach(async () => {
    server = await RedisServer.start();
    sandbox = await KycSandbox.start({ unknownOrders: 'invent', answerDelayMs: 40 });
    folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
    environment = {
      ...{ URL: sandbox.url, APP_ID: sandbox.appId, SECRET: sandbox.secret, FOLDER: folder },
      ...{ WRAPPING_KEY: randomBytes(32).toString('base64'), ORDERS: JSON.stringify(orders), ONE_QUERY: '1' },
      QUEUE_REDIS: server.url,
      // Four processes compare all orders with the archive: rarely when there are many.
      RECONCILE_MS: String(Math.max(200, 3 * ORDERS)),
    };
  });

  afterEach(async () => {
    await sandbox.stop();
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it('keep each order once, whoever is killed, and although Redis loses everything', async () => {
    sandbox.configure({ latePhotos: { delayMs: 1_500, as: 'missing' } });
    const target = { endpoint: 'getBankCardOcrResult', times: FAULTS } as const;
    const faults: SandboxFault[] = [
      { ...target, kind: 'code', code: '400501' },
      { ...target, kind: 'body', status: 503, body: 'the gateway has no backend' },
      { ...target, kind: 'reset' },
      { ...target, kind: 'lost-response' },
      { ...target, kind: 'truncated' },
    ];
    const injected = faults.map((fault) => sandbox.injectFault(fault));

    const ended: Process[] = [];
    const running = Array.from({ length: WORKERS }, () => new Process(environment));
    const begun = async (process: Process): Promise<unknown> =>
      process.worker.nextLine('begin ').catch(() => undefined);
    await Promise.all(running.map(begun));
    let atFlush = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const index = Math.floor(Math.random() * WORKERS);
      const victim = running[index]!;
      if (victim.lines('done').length === 0) await Promise.race([begun(victim), victim.worker.line('done')]);
      for (let turn = Math.random() * 60; turn > 0; turn -= 1) await new Promise((resolve) => setTimeout(resolve, 1));
      await victim.worker.kill();
      ended.push(victim);
      if (kill === Math.floor(KILLS / 2)) {
        const redis = new Redis(server.url);
        await redis.flushall();
        await redis.quit();
        // From here on, an order needs one query.
        sandbox.configure({ latePhotos: undefined });
        // Another worker gets them while these go on.
        atFlush = running.reduce((count, process) => count + process.inProgress.length, 0) - victim.inProgress.length;
      }
      running[index] = new Process(environment);
    }
    await Promise.all(running.map(async ({ worker }) => worker.line('done')));
    for (const { worker } of running) worker.tell('stop');
    await Promise.all(running.map(async ({ worker }) => worker.exited));

    const all = [...ended, ...running];
    const count = (word: string): number => all.reduce((sum, process) => sum + process.lines(word).length, 0);
    expect(count('lost')).toBe(0);
    const commits = all.flatMap((process) => process.lines('kept')).filter((line) => line.endsWith(' true'));
    expect(new Set(commits).size).toBe(commits.length);

    const { orphans, manifests, findings } = await check();
    const interrupted = ended.reduce((sum, process) => sum + process.inProgress.length, 0);
    const explained = interrupted + atFlush + count('failed') + count('limited');
    const queries = sandbox.calls.result;
    process.stdout.write(
      `${ORDERS} orders, ${WORKERS} workers, ${KILLS} kills, 1 FLUSHALL, ${injected.reduce((sum, { hits }) => sum + hits, 0)} faults of the vendor: ` +
        `${manifests} manifests, ${commits.length} commits reported, ${commits.length - new Set(commits).size} of them double; ${queries} queries, of which ${interrupted} interrupted, ${atFlush} at ` +
        `FLUSHALL, ${count('failed')} late or failed, ${count('limited')} over the rate limit; ${orphans} orphans removed\n`,
    );
    expect({ manifests, findings }).toEqual({ manifests: ORDERS, findings: [] });
    // Else the kills have hit nothing.
    expect(interrupted).toBeGreaterThan(0);
    expect(queries - explained).toBeLessThanOrEqual(ORDERS * 1.05);
  });

  it('end when they are told to, although Redis is away', async () => {
    const process = new Process({ ...environment, ORDERS: JSON.stringify(orders.slice(0, 3)) });
    await process.worker.line('done');
    await server.stop();
    process.worker.tell('stop');
    await process.worker.exited;
    expect(process.worker.process.exitCode).toBe(0);
  });

  /** Everything is there once, provable and readable; no object is left that belongs to nothing. */
  async function check(): Promise<{ orphans: number; manifests: number; findings: unknown[] }> {
    const archive = new EvidenceArchive({
      source: {
        results: { download: () => Promise.reject(new Error('nothing is to be asked')) },
        ...sandbox,
        host: 'https://host',
      },
      store: new DirectoryEvidenceStore(path.join(folder, 'evidence')),
      keys: new FileKeyStore({
        directory: path.join(folder, 'keys'),
        wrappingKeys: { first: environment['WRAPPING_KEY'] ?? '' },
      }),
      clock: new ManualClock(Date.now() + 25 * 3_600_000),
    });
    const orphans = await archive.collectOrphans();
    const findings: string[] = [];
    for await (const verification of archive.verifyAll())
      findings.push(...verification.findings.map(({ code }) => code));
    let objects = 0;
    for (const orderNo of orders) objects += (await archive.read(orderNo)).manifest.objects.length;
    const files = readdirSync(path.join(folder, 'evidence/orders'), { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile(),
    );
    const manifests = files.filter(({ name }) => name.endsWith('manifest.json')).length;
    expect(files.length).toBe(manifests + objects);
    expect(await archive.collectOrphans()).toBe(0);
    return { orphans, manifests, findings };
  }
});

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import {
  type ArchiveQueue,
  DirectoryEvidenceStore,
  EvidenceArchive,
  EvidenceReconciler,
  EvidenceWorker,
  type EvidenceWorkerEvent,
  type EvidenceWorkerOptions,
  type ExpectedOrder,
  ExpectedOrders,
  FileKeyStore,
} from 'nestjs-bankcard-ocr/archive';
import { BullMqArchiveQueue, type BullMqArchiveQueueOptions } from 'nestjs-bankcard-ocr/archive-queue';
import { archiveQueueContract, KycSandbox, orderNoForCode } from 'nestjs-bankcard-ocr/testing';
import { eventually } from '../support/passing-time.js';
import { startApplication, type TestApplication } from '../support/application.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';

describeWithRedis('BullMqArchiveQueue', () => {
  let server: RedisServer;
  const warnings: string[] = [];

  beforeAll(async () => {
    server = await RedisServer.start('--maxmemory-policy', 'noeviction');
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  afterEach(() => {
    expect(warnings.splice(0)).toEqual([]);
  });

  const makeQueue = (): ArchiveQueue => {
    return new BullMqArchiveQueue({ redis: server.url, onWarning: (warning) => void warnings.push(warning) });
  };

  const cases = archiveQueueContract(async () => {
    const redis = new Redis(server.url);
    await redis.flushall();
    await redis.quit();
    return async () => makeQueue();
  });
  for (const { name, run } of cases) it(name, run);
});

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;

describeWithRedis('workers that share a BullMqArchiveQueue', () => {
  let server: RedisServer;
  let sandbox: KycSandbox;
  let app: TestApplication;
  let folder: string;
  let events: EvidenceWorkerEvent[];
  let warnings: string[];
  const workers: EvidenceWorker[] = [];

  beforeEach(async () => {
    server = await RedisServer.start();
    sandbox = await KycSandbox.start();
    app = await startApplication(sandbox, { timeoutMs: 600_000, maxAttempts: 1 });
    folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
    events = [];
    warnings = [];
  });

  afterEach(async () => {
    await Promise.all(workers.splice(0).map(async (worker) => worker.stop()));
    await app.application.close();
    await sandbox.stop();
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  /** As another process would. */
  function open(options: EvidenceWorkerOptions = {}, more: Partial<BullMqArchiveQueueOptions> = {}): EvidenceWorker {
    const queue = new BullMqArchiveQueue({
      redis: server.url,
      onWarning: (warning) => void warnings.push(warning),
      ...more,
    });
    const archive = new EvidenceArchive({
      source: { results: app.ocr, appId: sandbox.appId, host: 'https://idasc.webank.com' },
      store: new DirectoryEvidenceStore(path.join(folder, 'evidence')),
      keys: new FileKeyStore({ directory: path.join(folder, 'keys'), wrappingKeys: { first: WRAPPING_KEY } }),
    });
    const worker = new EvidenceWorker(archive, queue, options);
    worker.events$.subscribe((event) => events.push(event));
    workers.push(worker);
    return worker;
  }

  async function until(type: EvidenceWorkerEvent['type'], times = 1): Promise<void> {
    await eventually(() => events.filter((event) => event.type === type).length >= times);
  }

  const order = (orderNo: string): ExpectedOrder => ({ orderNo, recognizedAt: new Date(), retentionClass: 'loans' });

  /** Everything that Redis has, in clear. */
  async function stored(): Promise<string> {
    const redis = new Redis(server.url);
    const texts: string[] = [];
    for (const key of await redis.keys('*')) {
      const type = await redis.type(key);
      texts.push(key);
      if (type === 'hash') texts.push(JSON.stringify(await redis.hgetall(key)));
      else if (type === 'stream') texts.push(JSON.stringify(await redis.xrange(key, '-', '+')));
      else if (type === 'zset') texts.push(JSON.stringify(await redis.zrange(key, '0', '-1')));
      else if (type === 'list') texts.push(JSON.stringify(await redis.lrange(key, 0, -1)));
    }
    await redis.quit();
    return texts.join('\n');
  }

  it('keep what one of them adds, and Redis never has an order number', async () => {
    const unreadable = orderNoForCode('-9012');
    const adder = open({ concurrency: 0 });
    const orders = [clean, warned, noValidity, unreadable];
    for (const orderNo of orders) expect(await adder.add(order(orderNo))).toBe('queued');
    const whileWaiting = await stored();
    for (const worker of [open(), open()]) worker.start();
    await until('kept', 3);
    await until('lost');
    while ((await adder.counts()).active > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await adder.counts()).toEqual({ waiting: 0, active: 0, dead: 1, oldestWaitingMs: 0 });
    const afterwards = await stored();
    for (const text of [whileWaiting, afterwards]) {
      expect(text).toContain('o-');
      for (const orderNo of [...orders, 'loans', sandbox.appId]) expect(text).not.toContain(orderNo);
    }
    // Nothing is left of those that were kept.
    expect(afterwards.match(/archive-[0-9a-f]{16}:o-/g)).toHaveLength(1);
    expect(await adder.add(order(unreadable))).toBe('lost');
    expect(await adder.add(order(clean))).toBe('kept');
    expect(sandbox.calls.result).toBe(4);
  });

  it('ask for nothing while Tencent limits one of them, and lose no attempt by it', async () => {
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '400506', times: 1 });
    const adder = open({ concurrency: 0 });
    const [first, second] = [open({ concurrency: 1 }), open({ concurrency: 1 })];
    await adder.add(order(clean));
    first.start();
    await until('paused');
    const pausedAt = performance.now();
    expect(events).toContainEqual({ type: 'paused', forMs: 1_000 });
    await adder.add(order(warned));
    second.start();
    await until('kept', 2);
    // The pause began a little before this process was told of it.
    expect(performance.now() - pausedAt).toBeGreaterThan(900);
    expect(sandbox.calls.result).toBe(3);
    expect(events.some(({ type }) => type === 'failed')).toBe(false);
  });

  it('keep every order although Redis has lost it, because the queue is not the truth', async () => {
    sandbox.configure({ latePhotos: { delayMs: 3_600_000, as: 'missing' } });
    const worker = open();
    const expected = [clean, warned, noValidity].map((orderNo) => order(orderNo));
    class TheseOrders extends ExpectedOrders {
      async *since(): AsyncIterable<ExpectedOrder> {
        yield* expected;
      }
    }
    const reconciler = new EvidenceReconciler(worker, new TheseOrders(), { intervalMs: 50 });
    worker.start();
    reconciler.start();
    await until('failed', 3);
    const redis = new Redis(server.url);
    await redis.flushall();
    await redis.quit();
    sandbox.configure({ latePhotos: undefined });
    await until('kept', 3);
    await eventually(() => reconciler.lastRound?.kept === 3);
    await reconciler.stop();
    expect(events.filter((event) => event.type === 'kept' && event.isNew)).toHaveLength(3);
  });

  it('start without a Redis, and go on when it is there', async () => {
    await server.stop();
    const worker = open({}, { timeoutMs: 300 });
    await worker.open();
    expect(warnings.join('\n')).toMatch(/cannot reach redis:\/\/127\.0\.0\.1:\d+\/0 yet/);
    await expect(worker.add(order(clean))).rejects.toThrow(/has not responded to the archive queue for 300 ms/);
    await server.startAgain();
    worker.start();
    while ((await worker.add(order(clean)).catch(() => 'failed')) === 'failed') await Promise.resolve();
    await until('kept');
  });

  it('end although Redis is away', async () => {
    const worker = open({}, { timeoutMs: 300 });
    await worker.add(order(clean));
    worker.start();
    await until('kept');
    await server.stop();
    await worker.stop();
    workers.splice(0);
  });

  it('do not start on a Redis that refuses them, or with a client that cannot wait', async () => {
    await expect(open({}, { redis: server.url.replace('127', 'user:wrong@127') }).open()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('refuses the user'),
    });
    const clients = [new Redis(server.url), new Redis(server.url, { maxRetriesPerRequest: null, keyPrefix: 'a:' })];
    expect(() => new BullMqArchiveQueue({ redis: clients[0]! })).toThrow(/maxRetriesPerRequest: null/);
    expect(() => new BullMqArchiveQueue({ redis: clients[1]! })).toThrow(/no keyPrefix/);
    for (const client of clients) client.disconnect();
  });

  it('leave a client of the application open, and warn of a Redis that evicts', async () => {
    const client = new Redis(server.url, { maxRetriesPerRequest: null });
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const worker = open({}, { redis: client });
    await worker.add(order(clean));
    worker.start();
    await until('kept');
    await worker.stop();
    expect(warnings.join('\n')).toMatch(/maxmemory-policy allkeys-lru\): set noeviction/);
    expect(await client.ping()).toBe('PONG');
    await client.quit();
  });
});

describe('BullMqArchiveQueue without its packages', () => {
  it.each(['bullmq', 'ioredis'])('prints how to install them: %s', async (name) => {
    jest.resetModules();
    jest.doMock(name, () => {
      throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
    });
    const { BullMqArchiveQueue: WithoutPackage } = await import('nestjs-bankcard-ocr/archive-queue');
    await expect(new WithoutPackage({ redis: 'redis://127.0.0.1:1/0' }).open('scope')).rejects.toThrow(
      /npm install bullmq ioredis/,
    );
    jest.dontMock(name);
  });
});

const WRAPPING_KEY = randomBytes(32).toString('base64');

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type ArchiveJob,
  type ArchiveQueue,
  DirectoryEvidenceStore,
  EvidenceArchive,
  EvidenceReconciler,
  EvidenceWorker,
  type EvidenceWorkerOptions,
  type ExpectedOrder,
  ExpectedOrders,
  FileKeyStore,
  type QueuedOrder,
  type ReconcilerEvent,
  type ReconcilerRound,
} from 'nestjs-bankcard-ocr/archive';
import type { BankCardOcrErrorCode } from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock, orderNoForCode } from 'nestjs-bankcard-ocr/testing';
import { decideAfterFailure } from '../../libs/bankcard-ocr/src/archive/evidence-worker.js';
import { MemoryArchiveQueue } from '../../libs/bankcard-ocr/src/archive/memory-archive.queue.js';
import { startApplication, type TestApplication } from '../support/application.js';

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;
const HOUR_MS = 3_600_000;

let sandbox: KycSandbox;
let app: TestApplication;
let folder: string;
let clock: ManualClock;
let events: ReconcilerEvent[];
let expected: ExpectedOrder[];

class TheseOrders extends ExpectedOrders {
  async *since(time: Date): AsyncIterable<ExpectedOrder> {
    for (const order of expected) if (order.recognizedAt >= time) yield order;
  }
}

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  app = await startApplication(sandbox, { timeoutMs: 60_000, maxAttempts: 1 });
  folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
  clock = new ManualClock(Date.now());
  events = [];
  expected = [];
});

afterEach(async () => {
  await Promise.all(keepers.splice(0).map(async (keeper) => keeper.stop()));
  await app.application.close();
  await sandbox.stop();
  rmSync(folder, { recursive: true });
});

/** What a process has: a worker on the queue, and the reconciler that fills it. */
class Keeper {
  readonly archive: EvidenceArchive;
  readonly worker: EvidenceWorker;
  readonly reconciler: EvidenceReconciler;

  constructor(queue: ArchiveQueue, options: EvidenceWorkerOptions, orders: ExpectedOrders, intervalMs?: number) {
    this.archive = new EvidenceArchive({
      source: { results: app.ocr, appId: sandbox.appId, host: 'https://idasc.webank.com' },
      store: new DirectoryEvidenceStore(path.join(folder, 'evidence')),
      keys: new FileKeyStore({ directory: path.join(folder, 'keys'), wrappingKeys: { first: WRAPPING_KEY } }),
      clock,
    });
    this.worker = new EvidenceWorker(this.archive, queue, options, clock);
    this.reconciler = new EvidenceReconciler(this.worker, orders, { intervalMs }, clock);
    this.reconciler.events$.subscribe((event) => events.push(event));
    keepers.push(this);
  }

  /** A round, the work that is due after it, and a round that counts. */
  async round(): Promise<ReconcilerRound> {
    await this.reconciler.runOnce();
    this.worker.start();
    await this.rest();
    return this.reconciler.runOnce();
  }

  /** Until the worker waits for time to pass. */
  async rest(): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const { active } = await this.worker.counts();
      quiet = active === 0 ? quiet + 1 : 0;
    }
  }

  async stop(): Promise<void> {
    await this.reconciler.stop();
    await this.worker.stop();
  }
}

const keepers: Keeper[] = [];

function open(options: EvidenceWorkerOptions = {}, orders: ExpectedOrders = new TheseOrders()): Keeper {
  return new Keeper(new MemoryArchiveQueue(clock), options, orders);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const WRAPPING_KEY = randomBytes(32).toString('base64');

function expectOrders(...orderNos: string[]): void {
  expected.push(...orderNos.map((orderNo) => ({ orderNo, recognizedAt: new Date(clock.now()) })));
}

function types(): string[] {
  return events.map(({ type }) => type);
}

async function until(type: ReconcilerEvent['type'], times = 1): Promise<void> {
  while (types().filter((one) => one === type).length < times) await new Promise((resolve) => setImmediate(resolve));
}

describe('the worker and the reconciler', () => {
  it('keep what is expected, and ask Tencent for each order once', async () => {
    expectOrders(clean, warned, noValidity, clean);
    expect(await open().round()).toMatchObject({ expected: 3, kept: 3, waiting: 0, lost: 0 });
    // After a restart, the archive knows, although the queue has nothing.
    const next = open();
    expect(await next.round()).toMatchObject({ kept: 3 });
    expect(await next.round()).toMatchObject({ kept: 3 });
    expect(sandbox.calls.result).toBe(3);
    expect(events.filter((event) => event.type === 'kept' && event.isNew)).toHaveLength(3);
  });

  it('try an order again with growing pauses while its photos are late', async () => {
    sandbox.configure({ latePhotos: { delayMs: HOUR_MS, as: 'missing' } });
    expectOrders(clean);
    const keeper = open();
    expect(await keeper.round()).toMatchObject({ kept: 0, waiting: 1 });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'failed', code: 'EVIDENCE_INCOMPLETE', attempts: 1, retryInMs: 2_000 }),
    );
    const asked = sandbox.calls.result;
    await keeper.round();
    expect(sandbox.calls.result).toBe(asked);
    clock.advance(2_000);
    await until('failed', 2);
    expect(events.findLast(({ type }) => type === 'failed')).toMatchObject({ attempts: 2, retryInMs: 4_000 });
    sandbox.configure({ latePhotos: undefined });
    clock.advance(4_000);
    await until('kept');
    expect(await keeper.round()).toMatchObject({ kept: 1, waiting: 0, oldestWaitingMs: 0 });
  });

  it('keep an order without its photos rather than not at all, when its end is near', async () => {
    sandbox.configure({ latePhotos: { delayMs: 100 * HOUR_MS, as: 'missing' } });
    expectOrders(clean);
    clock.advance(66 * HOUR_MS);
    expect(await open().round()).toMatchObject({ kept: 1 });
  });

  it('report an order as lost once, at the end of the retention or when nothing can change it', async () => {
    const unreadable = orderNoForCode('-9012');
    expectOrders(unreadable, 'neverRecognized1');
    const keeper = open();
    expect(await keeper.round()).toMatchObject({ lost: 1, waiting: 1 });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'lost', orderNo: unreadable, code: 'CARD_UNREADABLE' }),
    );
    clock.advance(73 * HOUR_MS);
    expect(await keeper.round()).toMatchObject({ lost: 2, waiting: 0 });
    await keeper.round();
    expect(types().filter((type) => type === 'lost')).toHaveLength(2);
    expect(events).toContainEqual(expect.objectContaining({ type: 'lost', orderNo: 'neverRecognized1' }));
  });

  it('list lost orders, try them again when that is wanted, and give them up', async () => {
    const unreadable = orderNoForCode('-9012');
    expectOrders(unreadable);
    const keeper = open();
    await keeper.round();
    const { worker } = keeper;
    const lost = async () => all(worker.lost());
    expect(await lost()).toEqual([
      {
        orderNo: unreadable,
        recognizedAt: expected[0]!.recognizedAt,
        code: 'CARD_UNREADABLE',
        lostAt: expect.any(Date),
      },
    ]);
    expect(await worker.add(expected[0]!)).toBe('lost');
    expect(await worker.retry('another')).toBe(false);
    expect(await worker.retry(unreadable)).toBe(true);
    await until('lost', 2);
    await keeper.rest();
    expect(await worker.forget(unreadable)).toBe(true);
    expect(await lost()).toEqual([]);
    expect(await worker.forget(unreadable)).toBe(false);
  });

  it('ask for nothing more while Tencent limits the rate, and count that for no order', async () => {
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '400501', times: 1 });
    expectOrders(clean, warned, noValidity);
    const keeper = open({ concurrency: 1 });
    expect(await keeper.round()).toMatchObject({ kept: 0, waiting: 3 });
    expect(types().filter((type) => type !== 'round')).toEqual(['paused']);
    expect(sandbox.calls.result).toBe(1);
    clock.advance(60_000);
    await until('kept', 3);
    expect(await keeper.round()).toMatchObject({ kept: 3 });
    expect(types()).not.toContain('failed');
  });

  it('share the pause: a worker of another process asks for nothing either', async () => {
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '400506', times: 1 });
    expectOrders(clean, warned);
    const queue = new MemoryArchiveQueue(clock);
    const [one, other] = [1, 2].map(() => new Keeper(queue, { concurrency: 1 }, new TheseOrders()));
    expect(await one!.round()).toMatchObject({ kept: 0, waiting: 2 });
    expect(await other!.round()).toMatchObject({ kept: 0, waiting: 2 });
    expect(sandbox.calls.result).toBe(1);
    clock.advance(60_000);
    await until('kept', 2);
    expect(sandbox.calls.result).toBe(3);
  });

  it('forget no order that was erased, and ask for none again', async () => {
    expectOrders(clean);
    const keeper = open();
    await keeper.round();
    await keeper.archive.erase(clean, { by: 'privacy office', why: 'request 1' });
    const next = open();
    expect(await next.round()).toMatchObject({ kept: 1, waiting: 0, lost: 0 });
    expect(sandbox.calls.result).toBe(1);
  });

  it.each([
    ['concurrency', -1],
    ['concurrency', 101],
    ['concurrency', 1.5],
    ['vendorRetentionMs', Number.NaN],
    ['shutdownGraceMs', -1],
  ])('refuse %s %p', (option, value) => {
    expect(() => open({ [option]: value })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', issues: [expect.objectContaining({ option })] }),
    );
  });

  it('refuse an interval that is none', () => {
    expect(() => new Keeper(new MemoryArchiveQueue(clock), {}, new TheseOrders(), 0)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', issues: [expect.objectContaining({ option: 'intervalMs' })] }),
    );
  });

  it('go on after the port has failed, and start no second loop', async () => {
    let calls = 0;
    class Failing extends ExpectedOrders {
      async *since(): AsyncIterable<ExpectedOrder> {
        calls += 1;
        yield { orderNo: clean, recognizedAt: new Date(clock.now()) };
        if (calls === 1) throw new Error('the database is away');
      }
    }
    const { worker, reconciler } = new Keeper(new MemoryArchiveQueue(clock), {}, new Failing(), 5_000);
    worker.start();
    reconciler.start();
    reconciler.start();
    await until('round-failed');
    await until('kept');
    while (!types().includes('round')) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await reconciler.stop();
    expect(calls).toBe(2);
    expect(reconciler.lastRound).toMatchObject({ kept: 1 });
  });

  it('go on after the queue has failed', async () => {
    class Failing extends MemoryArchiveQueue {
      #failures = 3;

      override async take(signal: AbortSignal): Promise<ArchiveJob | undefined> {
        if ((this.#failures -= 1) >= 0) throw new Error('the queue is away');
        return super.take(signal);
      }
    }
    expectOrders(clean);
    const { worker, reconciler } = new Keeper(new Failing(clock), {}, new TheseOrders());
    await reconciler.runOnce();
    worker.start();
    while (!types().includes('kept')) {
      clock.advance(500);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(types().filter((type) => type === 'queue-failed')).toHaveLength(3);
  });

  it('keep what the queue has lost: the queue is not the truth', async () => {
    expectOrders(clean, warned);
    let queue: ArchiveQueue = new MemoryArchiveQueue(clock);
    // What a Redis does that has lost everything: the same queue, and nothing in it.
    const forgetful = new Proxy(queue, {
      get: (_target, name) => {
        const member: unknown = Reflect.get(queue, name);
        return typeof member === 'function' ? member.bind(queue) : member;
      },
    });
    const keeper = new Keeper(forgetful, {}, new TheseOrders());
    expect(await keeper.reconciler.runOnce()).toMatchObject({ waiting: 2 });
    queue = new MemoryArchiveQueue(clock);
    expect(await keeper.round()).toMatchObject({ kept: 2, waiting: 0 });
    expect(events.filter((event) => event.type === 'kept' && event.isNew)).toHaveLength(2);
  });

  it('remove what cannot be decrypted from the queue, and keep its order all the same', async () => {
    class Damaging extends MemoryArchiveQueue {
      #damages = 1;

      override async add(order: QueuedOrder): Promise<'added' | 'queued' | 'dead'> {
        return super.add((this.#damages -= 1) < 0 ? order : { ...order, data: order.data.slice(4) });
      }
    }
    expectOrders(clean);
    const keeper = new Keeper(new Damaging(clock), {}, new TheseOrders());
    await keeper.round();
    expect(events).toContainEqual({
      type: 'queue-failed',
      error: expect.objectContaining({ code: 'EVIDENCE_DAMAGED' }),
    });
    expect(await keeper.round()).toMatchObject({ kept: 1 });
  });

  it('let an order that is being kept finish at shutdown', async () => {
    sandbox.configure({ answerDelayMs: 30 });
    expectOrders(clean, warned);
    const keeper = open({ concurrency: 1 });
    await keeper.reconciler.runOnce();
    keeper.worker.start();
    while (sandbox.calls.result === 0) await new Promise((resolve) => setImmediate(resolve));
    await keeper.stop();
    expect(events.filter(({ type }) => type === 'kept')).toHaveLength(1);
    expect(sandbox.calls.result).toBe(1);
  });

  it('give an order that takes too long at shutdown to another worker at once', async () => {
    await app.ocr.query(warned);
    sandbox.configure({ answerDelayMs: 60_000 });
    expectOrders(clean);
    const queue = new MemoryArchiveQueue(clock);
    const keeper = new Keeper(queue, { shutdownGraceMs: 5_000 }, new TheseOrders());
    await keeper.reconciler.runOnce();
    keeper.worker.start();
    while ((await queue.counts()).active === 0) await new Promise((resolve) => setImmediate(resolve));
    const stopped = keeper.worker.stop();
    clock.advance(5_000);
    await stopped;
    expect(await queue.counts()).toMatchObject({ waiting: 1, active: 0 });
    expect(types()).not.toContain('failed');
    sandbox.configure({ answerDelayMs: 0 });
    new Keeper(queue, {}, new TheseOrders()).worker.start();
    await until('kept');
  });

  it('let a worker that only adds orders ask for nothing', async () => {
    const queue = new MemoryArchiveQueue(clock);
    const adder = new Keeper(queue, { concurrency: 0 }, new TheseOrders());
    adder.worker.start();
    const order = { orderNo: clean, recognizedAt: new Date(clock.now()), retentionClass: 'loans' };
    expect(await adder.worker.add(order)).toBe('queued');
    expect(await adder.worker.add(order)).toBe('queued');
    await adder.worker.stop();
    expect(await adder.worker.counts()).toMatchObject({ waiting: 1, active: 0 });
    const keeper = new Keeper(queue, {}, new TheseOrders());
    keeper.worker.start();
    await until('kept');
    expect(await adder.worker.add(order)).toBe('kept');
    expect(await keeper.archive.find(clean)).toMatchObject({ retentionClass: 'loans' });
  });
});

describe('what becomes of an order after an attempt that has failed', () => {
  it.each<[string, BankCardOcrErrorCode | 'STORE', number, boolean, ReturnType<typeof decideAfterFailure>]>([
    ['the first failure', 'UNREACHABLE', 0, false, { do: 'retry', attempts: 1, inMs: 2_000 }],
    ['the second one', 'EVIDENCE_INCOMPLETE', 1, false, { do: 'retry', attempts: 2, inMs: 4_000 }],
    ['the fortieth one', 'STORE', 39, false, { do: 'retry', attempts: 40, inMs: 600_000 }],
    ['a failure after the end of the retention', 'STORE', 39, true, { do: 'bury' }],
    ['an order that is gone', 'RESULT_GONE', 0, false, { do: 'bury' }],
    ['the rate limit', 'RATE_LIMITED', 0, false, { do: 'pause' }],
    ['the rate limit, after the end of the retention', 'RATE_LIMITED', 5, true, { do: 'pause' }],
    ['an order that was erased', 'EVIDENCE_ERASED', 0, false, { do: 'finish' }],
  ])('%s', (_what, code, failedBefore, isOver, decision) => {
    expect(decideAfterFailure(code, failedBefore, isOver)).toEqual(decision);
  });
});

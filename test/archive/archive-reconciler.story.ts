import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DirectoryEvidenceStore,
  EvidenceArchive,
  EvidenceReconciler,
  type ExpectedOrder,
  ExpectedOrders,
  FileKeyStore,
  type ReconcilerEvent,
  type ReconcilerOptions,
} from 'nestjs-bankcard-ocr/archive';
import { KycSandbox, ManualClock, orderNoForCode } from 'nestjs-bankcard-ocr/testing';
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
  await app.application.close();
  await sandbox.stop();
  rmSync(folder, { recursive: true });
});

function open(options: ReconcilerOptions = {}, orders: ExpectedOrders = new TheseOrders()): EvidenceReconciler {
  const archive = new EvidenceArchive({
    source: { results: app.ocr, appId: sandbox.appId, host: 'https://idasc.webank.com' },
    store: new DirectoryEvidenceStore(path.join(folder, 'evidence')),
    keys: new FileKeyStore({
      directory: path.join(folder, 'keys'),
      wrappingKeys: { first: WRAPPING_KEY },
    }),
    clock,
  });
  const reconciler = new EvidenceReconciler(archive, orders, options, clock);
  reconciler.events$.subscribe((event) => events.push(event));
  return reconciler;
}

const WRAPPING_KEY = randomBytes(32).toString('base64');

function expectOrders(...orderNos: string[]): void {
  expected.push(...orderNos.map((orderNo) => ({ orderNo, recognizedAt: new Date(clock.now()) })));
}

function types(): string[] {
  return events.map(({ type }) => type);
}

describe('a round of the reconciler', () => {
  it('keeps what is expected, and asks Tencent for each order once', async () => {
    expectOrders(clean, warned, noValidity, clean);
    expect(await open().runOnce()).toMatchObject({ expected: 3, kept: 3, waiting: 0, lost: 0 });
    // After a restart, the archive knows.
    const next = open();
    expect(await next.runOnce()).toMatchObject({ kept: 3 });
    expect(await next.runOnce()).toMatchObject({ kept: 3 });
    expect(sandbox.calls.result).toBe(3);
    expect(events.filter((event) => event.type === 'kept' && event.isNew)).toHaveLength(3);
  });

  it('tries an order again with growing pauses while its photos are late', async () => {
    sandbox.configure({ latePhotos: { delayMs: HOUR_MS, as: 'missing' } });
    expectOrders(clean);
    const reconciler = open();
    expect(await reconciler.runOnce()).toMatchObject({ kept: 0, waiting: 1 });
    expect(events[0]).toMatchObject({ type: 'failed', code: 'EVIDENCE_INCOMPLETE', attempts: 1, retryInMs: 2_000 });
    const asked = sandbox.calls.result;
    await reconciler.runOnce();
    expect(sandbox.calls.result).toBe(asked);
    clock.advance(2_000);
    await reconciler.runOnce();
    expect(events.findLast(({ type }) => type === 'failed')).toMatchObject({ attempts: 2, retryInMs: 4_000 });
    sandbox.configure({ latePhotos: undefined });
    clock.advance(4_000);
    expect(await reconciler.runOnce()).toMatchObject({ kept: 1, waiting: 0 });
  });

  it('keeps an order without its photos rather than not at all, when its end is near', async () => {
    sandbox.configure({ latePhotos: { delayMs: 100 * HOUR_MS, as: 'missing' } });
    expectOrders(clean);
    clock.advance(66 * HOUR_MS);
    expect(await open().runOnce()).toMatchObject({ kept: 1 });
  });

  it('reports an order as lost once, at the end of the retention or when nothing can change it', async () => {
    const unreadable = orderNoForCode('-9012');
    expectOrders(unreadable, 'neverRecognized1');
    const reconciler = open();
    expect(await reconciler.runOnce()).toMatchObject({ lost: 1, waiting: 1 });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'lost', orderNo: unreadable, code: 'CARD_UNREADABLE' }),
    );
    clock.advance(73 * HOUR_MS);
    expect(await reconciler.runOnce()).toMatchObject({ lost: 2, waiting: 0 });
    await reconciler.runOnce();
    expect(types().filter((type) => type === 'lost')).toHaveLength(2);
    expect(events).toContainEqual(expect.objectContaining({ type: 'lost', orderNo: 'neverRecognized1' }));
  });

  it('asks for nothing more while Tencent limits the rate, and counts that for no order', async () => {
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '400501', times: 1 });
    expectOrders(clean, warned, noValidity);
    const reconciler = open({ concurrency: 1 });
    expect(await reconciler.runOnce()).toMatchObject({ kept: 0, waiting: 3 });
    expect(types()).toEqual(['paused', 'round']);
    expect(sandbox.calls.result).toBe(1);
    clock.advance(60_000);
    expect(await reconciler.runOnce()).toMatchObject({ kept: 3 });
    expect(types()).not.toContain('failed');
  });

  it.each([
    ['concurrency', 0],
    ['concurrency', 101],
    ['concurrency', 1.5],
    ['intervalMs', 0],
    ['vendorRetentionMs', Number.NaN],
    ['shutdownGraceMs', -1],
  ])('refuses %s %p', (option, value) => {
    expect(() => open({ [option]: value })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', issues: [expect.objectContaining({ option })] }),
    );
  });

  it('goes on after the port has failed, and starts no second loop', async () => {
    let calls = 0;
    class Failing extends ExpectedOrders {
      async *since(): AsyncIterable<ExpectedOrder> {
        calls += 1;
        yield { orderNo: clean, recognizedAt: new Date(clock.now()) };
        if (calls === 1) throw new Error('the database is away');
      }
    }
    const reconciler = open({ intervalMs: 5_000 }, new Failing());
    reconciler.start();
    reconciler.start();
    while (!types().includes('round-failed')) await new Promise((resolve) => setImmediate(resolve));
    while (!types().includes('round')) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await reconciler.stop();
    expect(calls).toBe(2);
    expect(reconciler.lastRound).toMatchObject({ kept: 1 });
  });

  it('lets an order that is being kept finish at shutdown', async () => {
    sandbox.configure({ answerDelayMs: 30 });
    expectOrders(clean, warned);
    const reconciler = open({ concurrency: 1 });
    reconciler.start();
    while (sandbox.calls.result === 0) await new Promise((resolve) => setImmediate(resolve));
    await reconciler.stop();
    expect(events.filter(({ type }) => type === 'kept')).toHaveLength(1);
    expect(sandbox.calls.result).toBe(1);
  });
});

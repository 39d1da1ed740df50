import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DynamicModule } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { BankCardOcrModule } from 'nestjs-bankcard-ocr';
import {
  BankCardOcrArchiveModule,
  type BankCardOcrArchiveOptions,
  DirectoryArchiveQueue,
  DirectoryEvidenceStore,
  EvidenceArchive,
  EvidenceReconciler,
  EvidenceWorker,
  type ExpectedOrder,
  ExpectedOrders,
  FileKeyStore,
  getEvidenceArchiveToken,
} from 'nestjs-bankcard-ocr/archive';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { optionsFor } from '../support/application.js';

const { clean, warned } = KycSandbox.EXAMPLE_ORDERS;

let sandbox: KycSandbox;
let folder: string;
const applications: TestingModule[] = [];
const wrappingKeys = { first: randomBytes(32).toString('base64') };

class TheseOrders extends ExpectedOrders {
  constructor(private readonly orders: readonly ExpectedOrder[]) {
    super();
  }

  async *since(): AsyncIterable<ExpectedOrder> {
    yield* this.orders;
  }
}

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
});

afterEach(async () => {
  await Promise.all(applications.splice(0).map(async (application) => application.close()));
  await sandbox.stop();
  rmSync(folder, { recursive: true });
});

function stores(name = 'one'): BankCardOcrArchiveOptions {
  return {
    store: new DirectoryEvidenceStore(path.join(folder, name, 'evidence')),
    keys: new FileKeyStore({ directory: path.join(folder, name, 'keys'), wrappingKeys }),
  };
}

async function start(...imports: DynamicModule[]): Promise<TestingModule> {
  const application = await Test.createTestingModule({ imports })
    .setLogger(false as never)
    .compile();
  applications.push(application);
  // On Nest 11 an application that has failed to start rejects close(), too, with the same error.
  return application.init().catch(async (error: unknown) => {
    await applications
      .pop()
      ?.close()
      .catch(() => undefined);
    throw error;
  });
}

describe('BankCardOcrArchiveModule', () => {
  it.each([
    ['forRoot', () => BankCardOcrArchiveModule.forRoot(stores())],
    ['forRootAsync', () => BankCardOcrArchiveModule.forRootAsync({ useFactory: async () => stores() })],
  ])('%s provides the archive of the account, wherever that is imported', async (_name, register) => {
    const application = await start(register(), BankCardOcrModule.forRoot(optionsFor(sandbox)));
    const archive = application.get(EvidenceArchive);
    expect(await archive.keep(clean)).toMatchObject({ isNew: true });
    expect((await archive.read(clean)).manifest.custody).toMatchObject({
      host: sandbox.url,
      libraryVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });

  it('has an archive for each named account, and they do not mix', async () => {
    const loans = await KycSandbox.start({ appId: 'TIDA0009' });
    try {
      const application = await start(
        BankCardOcrModule.forRoot(optionsFor(sandbox)),
        BankCardOcrModule.forRootAsync({ name: 'loans', useFactory: () => optionsFor(loans) }),
        BankCardOcrArchiveModule.forRoot(stores('one')),
        BankCardOcrArchiveModule.forRoot({ ...stores('two'), name: 'loans' }),
      );
      const archive = application.get(getEvidenceArchiveToken('loans'));
      await archive.keep(clean);
      expect([sandbox.calls.result, loans.calls.result]).toEqual([0, 1]);
      expect(await application.get(EvidenceArchive).find(clean)).toBeUndefined();
      expect(getEvidenceArchiveToken()).toBe(EvidenceArchive);
    } finally {
      await Promise.all(applications.splice(0).map(async (application) => application.close()));
      await loans.stop();
    }
  });

  it.each<[string, () => DynamicModule[], RegExp]>([
    [
      'no such account',
      () => [BankCardOcrArchiveModule.forRoot({ ...stores(), name: 'loans' })],
      /'loans', and there is none/,
    ],
    [
      'no stores',
      () => [BankCardOcrArchiveModule.forRoot({} as never), BankCardOcrModule.forRoot(optionsFor(sandbox))],
      /store: must be an EvidenceStore[\s\S]*keys: must be a KeyStore/,
    ],
    [
      'a queue that is none',
      () => [
        BankCardOcrArchiveModule.forRoot({ ...stores('two'), queue: {} as never }),
        BankCardOcrModule.forRoot(optionsFor(sandbox)),
      ],
      /queue: must be an ArchiveQueue/,
    ],
    [
      'a queue that cannot be used',
      () => [
        BankCardOcrArchiveModule.forRoot({ ...stores('two'), queue: new DirectoryArchiveQueue('/dev/null/queue') }),
        BankCardOcrModule.forRoot(optionsFor(sandbox)),
      ],
      /ENOTDIR/,
    ],
    [
      'the stores of another app id',
      () => [
        BankCardOcrArchiveModule.forRoot(stores()),
        BankCardOcrModule.forRoot({ ...optionsFor(sandbox), appId: 'TIDA0009' }),
      ],
      /another app id/,
    ],
  ])('does not start with %s', async (_what, imports, message) => {
    const first = await start(
      BankCardOcrArchiveModule.forRoot(stores()),
      BankCardOcrModule.forRoot(optionsFor(sandbox)),
    );
    await first.close();
    await expect(start(...imports())).rejects.toThrow(message);
  });

  it('keeps what the application expects, and ends before the account does', async () => {
    const recognizedAt = new Date();
    const expected = new TheseOrders([clean, warned].map((orderNo) => ({ orderNo, recognizedAt })));
    const application = await start(
      BankCardOcrArchiveModule.forRoot({ ...stores(), reconcile: { expected, intervalMs: 20 } }),
      BankCardOcrModule.forRoot(optionsFor(sandbox)),
    );
    const reconciler = application.get(EvidenceReconciler);
    await new Promise<void>((resolve) => {
      reconciler.events$.subscribe((event) => {
        if (event.type === 'round' && event.kept === 2) resolve();
      });
    });
    expect(reconciler.lastRound).toEqual({ expected: 2, kept: 2, waiting: 0, lost: 0, oldestWaitingMs: 0 });
    await application.close();
    expect(sandbox.calls.result).toBe(2);
  });

  it('shares a queue with other processes, for each named account its own orders', async () => {
    const loans = await KycSandbox.start({ appId: 'TIDA0009' });
    const queue = (): DirectoryArchiveQueue => new DirectoryArchiveQueue(path.join(folder, 'queue'));
    const process = async (concurrency: number): Promise<TestingModule> =>
      start(
        BankCardOcrModule.forRoot(optionsFor(sandbox)),
        BankCardOcrModule.forRootAsync({ name: 'loans', useFactory: () => optionsFor(loans) }),
        BankCardOcrArchiveModule.forRoot({ ...stores('one'), queue: queue(), worker: { concurrency } }),
        BankCardOcrArchiveModule.forRoot({ ...stores('two'), queue: queue(), worker: { concurrency }, name: 'loans' }),
      );
    try {
      const adder = await process(0);
      const order = { orderNo: clean, recognizedAt: new Date() };
      const [worker, ofLoans] = [EvidenceWorker, getEvidenceArchiveToken('loans', EvidenceWorker)].map((token) => {
        return adder.get<EvidenceWorker>(token);
      });
      expect(await ofLoans!.add(order)).toBe('queued');
      expect(await worker!.counts()).toMatchObject({ waiting: 0 });
      expect(adder.get(EvidenceReconciler)).toBeUndefined();

      const keeper = await process(4);
      const archive = keeper.get(getEvidenceArchiveToken('loans'));
      while (!(await archive.find(clean))) await new Promise((resolve) => setTimeout(resolve, 10));
      await keeper.close();
      expect(await ofLoans!.counts()).toEqual({ waiting: 0, active: 0, dead: 0, oldestWaitingMs: 0 });
      expect([sandbox.calls.result, loans.calls.result]).toEqual([0, 1]);
    } finally {
      await Promise.all(applications.splice(0).map(async (application) => application.close()));
      await loans.stop();
    }
  });
});

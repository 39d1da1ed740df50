import path from 'node:path';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { createClient } from '../../libs/bankcard-ocr/src/account/create-client.js';
import type { ArchiveQueue } from '../../libs/bankcard-ocr/src/archive/archive-queue.js';
import { BullMqArchiveQueue } from '../../libs/bankcard-ocr/src/archive-queue/bullmq-archive.queue.js';
import { DirectoryArchiveQueue } from '../../libs/bankcard-ocr/src/archive/directory-archive.queue.js';
import { DirectoryEvidenceStore } from '../../libs/bankcard-ocr/src/archive/directory-evidence.store.js';
import {
  EvidenceArchive,
  type KeepOptions,
  type KeptOrder,
} from '../../libs/bankcard-ocr/src/archive/evidence-archive.js';
import { EvidenceStore } from '../../libs/bankcard-ocr/src/archive/evidence-store.js';
import { S3EvidenceStore } from '../../libs/bankcard-ocr/src/archive-s3/s3-evidence.store.js';
import { EvidenceReconciler } from '../../libs/bankcard-ocr/src/archive/evidence-reconciler.js';
import { type ExpectedOrder, ExpectedOrders } from '../../libs/bankcard-ocr/src/archive/expected-orders.js';
import { EvidenceWorker } from '../../libs/bankcard-ocr/src/archive/evidence-worker.js';
import { FileKeyStore } from '../../libs/bankcard-ocr/src/archive/key-store.js';
import { MemoryArchiveQueue } from '../../libs/bankcard-ocr/src/archive/memory-archive.queue.js';
import { isBankCardOcrError } from '../../libs/bankcard-ocr/src/errors/bank-card-ocr-error.js';
import { resolveOptions } from '../../libs/bankcard-ocr/src/options/resolve-options.js';

/**
 * Keeps the orders of ORDERS in an archive below FOLDER, or in a bucket: S3 has the options of its client, BUCKET its name.
 * Compares them with the archive every RECONCILE_MS milliseconds. Prints `begin <order>`, `kept <order> <isNew>`, and `done` when it has all of them. With QUEUE_DIRECTORY or
 * QUEUE_REDIS it shares the work with other processes, until a line on stdin. With DIE_AT it ends itself (SIGKILL) around the change of its stores that has this
 * number. With ONE_QUERY an attempt to keep an order is one request to Tencent.
 */

const environment = (name: string): string => process.env[name] ?? '';
const orders = JSON.parse(environment('ORDERS')) as string[];
const folder = environment('FOLDER');
/** No limit of the library ends a call here because the machine is slow. */
const PATIENCE_MS = 600_000;
/** Short, so that a story of killed processes need not wait; a machine that is slower does some work twice. */
const LEASE_MS = 5_000;
let changes = 0;

/** stdout is a pipe, and Node writes pipes at once: a line is out before the next statement runs. */
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Ends the process before a change, after it, or in the middle. */
async function mortally<T>(change: () => Promise<T>): Promise<T> {
  changes += 1;
  if (changes !== Number(environment('DIE_AT'))) return change();
  const die = (): void => void process.kill(process.pid, 'SIGKILL');
  const moment = Math.random();
  if (moment < 0.2) die();
  const changing = change();
  if (moment < 0.7) for (let turn = Math.random() * 12; turn > 0; turn -= 1) await new Promise(setImmediate);
  else await changing;
  die();
  return changing;
}

class MortalStore extends EvidenceStore {
  constructor(private readonly store: EvidenceStore) {
    super();
  }

  override async open(): Promise<unknown> {
    return this.store.open();
  }

  async create(name: string, bytes: Buffer): Promise<boolean> {
    return mortally(async () => this.store.create(name, bytes));
  }

  override async stage(name: string, bytes: Buffer): Promise<void> {
    return mortally(async () => this.store.stage(name, bytes));
  }

  override async flush(names: readonly string[]): Promise<void> {
    return this.store.flush(names);
  }

  async read(name: string): Promise<Buffer | undefined> {
    return this.store.read(name);
  }

  async remove(name: string): Promise<void> {
    return mortally(async () => this.store.remove(name));
  }

  list(prefix: string): AsyncIterable<string> {
    return this.store.list(prefix);
  }
}

let bucketClient: S3Client | undefined;

function evidenceStore(): EvidenceStore {
  if (environment('S3') === '') return new DirectoryEvidenceStore(path.join(folder, 'evidence'));
  const config = JSON.parse(environment('S3')) as S3ClientConfig;
  bucketClient = new S3Client({ ...config, requestChecksumCalculation: 'WHEN_REQUIRED' });
  return new S3EvidenceStore({ client: bucketClient, bucket: environment('BUCKET'), timeoutMs: PATIENCE_MS });
}

class MortalKeys extends FileKeyStore {
  override async create(name: string): Promise<Buffer> {
    return mortally(async () => super.create(name));
  }
}

/** Says what is being kept, for the test that stops this process in the middle. */
class TellingArchive extends EvidenceArchive {
  override async keep(orderNo: string, options?: KeepOptions): Promise<KeptOrder & { readonly isNew: boolean }> {
    say(`begin ${orderNo}`);
    const kept = await super.keep(orderNo, options).catch((error: unknown) => {
      if (isBankCardOcrError(error) && error.code === 'RATE_LIMITED') say(`limited ${orderNo}`);
      throw error;
    });
    say(`kept ${orderNo} ${kept.isNew}`);
    return kept;
  }
}

class GivenOrders extends ExpectedOrders {
  async *since(): AsyncIterable<ExpectedOrder> {
    const recognizedAt = new Date();
    for (const orderNo of orders) yield { orderNo, recognizedAt };
  }
}

function archiveQueue(): ArchiveQueue {
  const [directory, redis] = [environment('QUEUE_DIRECTORY'), environment('QUEUE_REDIS')];
  if (directory !== '') return new DirectoryArchiveQueue(directory, { leaseMs: LEASE_MS });
  return redis === '' ? new MemoryArchiveQueue() : new BullMqArchiveQueue({ redis, leaseMs: LEASE_MS });
}

async function main(): Promise<void> {
  const options = resolveOptions({
    appId: environment('APP_ID'),
    secret: environment('SECRET'),
    baseUrl: environment('URL'),
    ticketStore: `file:${path.join(folder, 'tickets')}`,
    timeoutMs: PATIENCE_MS,
    attemptTimeoutMs: PATIENCE_MS,
    connectTimeoutMs: PATIENCE_MS,
    ...(environment('ONE_QUERY') !== '' && { maxAttempts: 1, waitForPhotosMs: 0 }),
  });
  const log = { log: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };
  const client = await createClient(options, { log, debugs: () => false });
  const archive = new TellingArchive({
    source: { results: client.results, appId: options.appId, host: options.baseUrl.origin },
    store: new MortalStore(evidenceStore()),
    keys: new MortalKeys({
      directory: path.join(folder, 'keys'),
      wrappingKeys: { first: environment('WRAPPING_KEY') },
    }),
  });
  const queue = archiveQueue();
  const worker = new EvidenceWorker(archive, queue);
  const reconciler = new EvidenceReconciler(worker, new GivenOrders(), {
    intervalMs: Number(environment('RECONCILE_MS') || 200),
  });
  reconciler.events$.subscribe((event) => {
    if (event.type === 'failed' || event.type === 'lost') say(`${event.type} ${event.orderNo} ${event.code}`);
    if (event.type === 'round-failed' || event.type === 'queue-failed') say(`${event.type} ${String(event.error)}`);
  });
  const isDone = new Promise<void>((resolve) => {
    reconciler.events$.subscribe((event) => {
      if (event.type === 'round' && event.kept === orders.length) resolve();
    });
  });
  worker.start();
  reconciler.start();
  const isTold = new Promise<void>((resolve) => {
    process.stdin.once('data', () => {
      process.stdin.destroy();
      resolve();
    });
  });
  await isDone;
  say('done');
  // Until it is killed, or told to stop.
  if (queue instanceof MemoryArchiveQueue) process.stdin.destroy();
  else await isTold;
  await reconciler.stop();
  await worker.stop();
  await client.close();
  // It keeps idle connections.
  bucketClient?.destroy();
}

void main();

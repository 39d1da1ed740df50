import {
  type BeforeApplicationShutdown,
  Logger,
  type OnApplicationShutdown,
  type OnModuleInit,
  StreamableFile,
} from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type BankCardOcrResult, isBankCardOcrError, type OcrResultService, type PhotoKind } from 'nestjs-bankcard-ocr';
import type {
  EvidenceArchive,
  EvidenceReconciler,
  EvidenceStore,
  EvidenceWorker,
  KeptOrder,
  ReconcilerEvent,
} from 'nestjs-bankcard-ocr/archive';
import type { Subscription } from 'rxjs';
import { photoFile } from '../bank-cards/photo-file.js';
import type { ServedOrders } from './served-orders.js';

/** Orders that were added are not added again, so many at most. */
const MOST_REMEMBERED = 10_000;
/** Counting what is kept lists the whole store. */
const COUNT_LIFE_MS = 10_000;
const DAY_MS = 86_400_000;
/** What a client is told, instead of getting a photo of somewhere else. */
const DECIDED: ReadonlySet<string> = new Set(['EVIDENCE_RESTRICTED', 'EVIDENCE_ERASED']);
/** What a query fails with when Tencent has deleted the order. */
const DELETED: ReadonlySet<string> = new Set(['RESULT_GONE', 'ORDER_NOT_FOUND']);

/** What an archive is made of. */
export interface ArchiveParts {
  readonly archive: EvidenceArchive;
  readonly store: EvidenceStore;
  readonly worker: EvidenceWorker;
  readonly reconciler: EvidenceReconciler;
  readonly served: ServedOrders;
  readonly ocr: OcrResultService;
}

/** How far the archive is, over all instances. */
export interface ArchiveProgress {
  readonly kept: number;
  readonly waiting: number;
  readonly lost: number;
  readonly oldestWaitingMs: number;
  /** The last failure of this instance, until an order is kept. */
  readonly lastFailure?: { readonly code: string; readonly at: Date };
}

/**
 * Keeps every order that the demo serves, and has its photos from then on. Nothing of it delays or fails a response: what
 * cannot be kept now is kept later. Without parts there is no archive, and everything comes from Tencent.
 */
export class OrderArchive implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #log = new Logger('Archive');
  /** Orders that were added lately, and whether that is on disk. */
  readonly #remembered = new LRUCache<string, boolean>({ max: MOST_REMEMBERED, ttl: DAY_MS });
  readonly #underway = new Set<Promise<void>>();
  #events: Subscription | undefined;
  #isFailing = false;
  #isEnding = false;
  #lastFailure: ArchiveProgress['lastFailure'];
  #count: { readonly kept: number; readonly atMs: number } | undefined;
  #counting: Promise<number> | undefined;

  constructor(private readonly parts: ArchiveParts | undefined) {}

  get isOn(): boolean {
    return this.parts !== undefined;
  }

  async onModuleInit(): Promise<void> {
    await this.parts?.served.open();
    this.#events = this.parts?.reconciler.events$.subscribe((event) => this.#on(event));
  }

  /** What is served from now on may not come into the queue any more: the reconciler finds it after the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#underway);
  }

  async onApplicationShutdown(): Promise<void> {
    this.#events?.unsubscribe();
    await Promise.all(this.#underway);
    await this.parts?.served.close();
  }

  /** Have an order kept whose result or photo a client gets now. Returns at once, and never throws. */
  served({ orderNo, operatedAt }: Pick<BankCardOcrResult, 'orderNo' | 'operatedAt'>): void {
    if (!this.parts || this.#remembered.has(orderNo)) return;
    this.#remembered.set(orderNo, false);
    const adding: Promise<void> = this.#add(this.parts, orderNo, operatedAt)
      .catch((error: unknown) => {
        // It is added again when it is served again.
        this.#remembered.delete(orderNo);
        this.#failed('an order that was served cannot be noted', error);
      })
      .finally(() => this.#underway.delete(adding));
    this.#underway.add(adding);
  }

  /**
   * The kinds of photos that the archive has of an order; undefined when Tencent has to be asked.
   *
   * @throws {@link BankCardOcrError} `EVIDENCE_RESTRICTED`, `EVIDENCE_ERASED`: they may not come from anywhere else, either
   */
  async photoKinds(orderNo: string): Promise<readonly PhotoKind[] | undefined> {
    return this.#quietly(async ({ archive }) => {
      const kinds = (await archive.read(orderNo)).photos;
      return kinds.length > 0 ? kinds : undefined;
    }, DECIDED);
  }

  /**
   * The response with a photo; undefined when Tencent has to be asked.
   *
   * @throws {@link BankCardOcrError} `EVIDENCE_RESTRICTED`, `EVIDENCE_ERASED`: it may not come from anywhere else, either
   */
  async photo(orderNo: string, kind: PhotoKind): Promise<StreamableFile | undefined> {
    return this.#quietly(async ({ archive }) => {
      const photo = await (await archive.read(orderNo)).photo(kind);
      return photo && photoFile(orderNo, kind, photo.mediaType, photo.bytes, photo.bytes.length);
    }, DECIDED);
  }

  /** The result of an order that Tencent has deleted; undefined when that is not why a query has failed, or it is not kept. */
  async resultAfter(error: unknown, orderNo: string): Promise<BankCardOcrResult | undefined> {
    if (!isBankCardOcrError(error) || !DELETED.has(error.code)) return undefined;
    return this.#quietly(async ({ archive }) => (await archive.read(orderNo)).result);
  }

  /** Whether this instance has served the order lately and it is sure to come into the archive. */
  isExpected(orderNo: string): boolean {
    return this.#remembered.get(orderNo) === true;
  }

  /**
   * What the archive has of an order, whatever was decided about it.
   *
   * @returns undefined when it is not kept; `findings`, how many changes a verification has found
   * @throws errors of the archive as they are
   */
  async look(
    orderNo: string,
    verifies: boolean,
  ): Promise<{ readonly order: KeptOrder; readonly findings: number | undefined } | undefined> {
    const order = await this.parts?.archive.find(orderNo);
    if (!order) return undefined;
    return { order, findings: verifies ? (await this.parts?.archive.verify(orderNo))?.findings.length : undefined };
  }

  /** @throws errors of store and queue; undefined without an archive */
  async progress(): Promise<ArchiveProgress | undefined> {
    if (!this.parts) return undefined;
    const [kept, { waiting, active, dead, oldestWaitingMs }] = await Promise.all([
      this.#countKept(this.parts.store),
      this.parts.worker.counts(),
    ]);
    const lastFailure = this.#lastFailure;
    return { kept, waiting: waiting + active, lost: dead, oldestWaitingMs, ...(lastFailure && { lastFailure }) };
  }

  /** First where it survives everything, then in the queue, from which it is taken at once. */
  async #add({ served, worker }: ArchiveParts, orderNo: string, operatedAt: Date | undefined): Promise<void> {
    const now = Date.now();
    // Tencent has just returned it: a clock that is wrong must not make it an order of last week.
    const isPlausible = operatedAt !== undefined && Math.abs(now - operatedAt.getTime()) < 2 * DAY_MS;
    const order = { orderNo, recognizedAt: isPlausible ? operatedAt : new Date(now) };
    try {
      await served.add(order);
    } finally {
      await worker.add(order);
    }
    this.#remembered.set(orderNo, true);
    this.#isFailing = false;
  }

  /** The archive is never the reason why a card cannot be shown. */
  async #quietly<T>(
    run: (parts: ArchiveParts) => Promise<T>,
    thrown: ReadonlySet<string> = new Set(),
  ): Promise<T | undefined> {
    if (!this.parts) return undefined;
    try {
      return await run(this.parts);
    } catch (error) {
      const code = codeOf(error);
      if (thrown.has(code)) throw error;
      if (code !== 'EVIDENCE_NOT_FOUND' && !DECIDED.has(code)) this.#failed('the archive cannot be read', error);
      return undefined;
    }
  }

  /** Neither an order number nor a path: the code of the error only, and once. */
  #failed(what: string, error: unknown): void {
    const code = codeOf(error);
    this.#lastFailure = { code, at: new Date() };
    const isNews = !this.#isFailing || code === 'EVIDENCE_DAMAGED';
    if (isNews && !this.#isEnding) this.#log.error(`${what}: ${code}`);
    this.#isFailing = true;
  }

  #on(event: ReconcilerEvent): void {
    if (event.type === 'kept') {
      this.#lastFailure = undefined;
      this.#count = undefined;
      this.#log.debug(`kept ${this.#nameOf(event.orderNo)}`);
    } else if (event.type === 'failed') {
      this.#lastFailure = { code: event.code, at: new Date() };
      this.#log.debug(`not kept yet ${this.#nameOf(event.orderNo)}: ${event.code}, attempt ${event.attempts}`);
    } else if (event.type === 'lost') {
      this.#lastFailure = { code: event.code, at: new Date() };
      this.#log.error(`lost ${this.#nameOf(event.orderNo)}: ${event.code}`);
    } else if (event.type === 'queue-failed' || event.type === 'round-failed') {
      this.#failed(
        event.type === 'queue-failed' ? 'the queue cannot be used' : 'orders cannot be compared',
        event.error,
      );
    }
  }

  /** As the lines about its requests to Tencent name it. */
  #nameOf(orderNo: string): string {
    return `orderRef=${this.parts?.ocr.orderReference(orderNo) ?? ''}`;
  }

  async #countKept(store: EvidenceStore): Promise<number> {
    if (this.#count && performance.now() - this.#count.atMs < COUNT_LIFE_MS) return this.#count.kept;
    this.#counting ??= countManifests(store).finally(() => (this.#counting = undefined));
    const kept = await this.#counting;
    this.#count = { kept, atMs: performance.now() };
    return kept;
  }
}

/** Good for a demo: a product counts in its own table. */
async function countManifests(store: EvidenceStore): Promise<number> {
  let count = 0;
  for await (const name of store.list('orders/')) if (name.endsWith('/manifest.json')) count += 1;
  return count;
}

function codeOf(error: unknown): string {
  if (isBankCardOcrError(error)) return error.code;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z_]{2,40}$/.test(code) ? code : 'internal';
}

import { type Observable, Subject } from 'rxjs';
import { BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { BankCardOcrErrorCode } from '../errors/error-codes.js';
import { numeric, readNumbers } from '../options/option-values.js';
import { onAbort, sleep } from '../runtime/abort.js';
import { type Clock, SystemClock } from '../runtime/clock.js';
import type { ArchiveJob, ArchiveQueue, ArchiveQueueCounts } from './archive-queue.js';
import type { EvidenceArchive } from './evidence-archive.js';
import type { ExpectedOrder } from './expected-orders.js';
import type { QueuedOrders } from './queued-orders.js';

/** How orders of the queue are kept. */
export interface EvidenceWorkerOptions {
  /**
   * How many orders this process keeps at a time, 0 to 100; each has one photo in memory. With 0 it only adds orders, for
   * other processes to keep. @default 4
   */
  readonly concurrency?: number | undefined;
  /** How long Tencent keeps an order, in milliseconds: until then it is tried again. @default 259 200 000 (3 days) */
  readonly vendorRetentionMs?: number | undefined;
  /** How long orders that are being kept may take at shutdown, in milliseconds; then others get them. @default 10 000 */
  readonly shutdownGraceMs?: number | undefined;
}

/**
 * - `kept`: the archive has an order; `isNew` when this process has kept it.
 * - `failed`: it is tried again.
 * - `lost`: Tencent does not return it any more, or never will; it is a dead letter. It is reported at least once: page the
 *   operator on duty.
 * - `paused`: Tencent's rate limit; no worker asks for anything until then.
 * - `queue-failed`: the queue cannot be used; it is tried again. Work that was in progress is done again, at worst.
 *
 * `orderNo` is for the application to find its order by: keep it out of logs.
 */
export type EvidenceWorkerEvent =
  | { readonly type: 'kept'; readonly orderNo: string; readonly ref: string; readonly isNew: boolean }
  | {
      readonly type: 'failed';
      readonly orderNo: string;
      readonly code: BankCardOcrErrorCode | 'STORE';
      readonly attempts: number;
      readonly retryInMs: number;
    }
  | {
      readonly type: 'lost';
      readonly orderNo: string;
      readonly code: BankCardOcrErrorCode | 'STORE';
      readonly recognizedAt: Date;
    }
  | { readonly type: 'paused'; readonly forMs: number }
  | { readonly type: 'queue-failed'; readonly error: unknown };

/** An order that was lost, with what is known of it. */
export interface LostOrder extends ExpectedOrder {
  /** The code of the last error. */
  readonly code: string;
  readonly lostAt: Date;
}

const NUMBERS = {
  concurrency: { default: 4, ...numeric('whole number', true, 100) },
  vendorRetentionMs: { default: 259_200_000, ...numeric('milliseconds') },
  shutdownGraceMs: { default: 10_000, ...numeric('milliseconds', true) },
};
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 600_000;
const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 60_000;
const FIRST_QUEUE_RETRY_MS = 500;
const LAST_QUEUE_RETRY_MS = 15_000;
/** A retry does not fix these: Tencent has deleted it, could not read the card, or it cannot be an order number. */
const FINAL: ReadonlySet<string> = new Set(['RESULT_GONE', 'CARD_UNREADABLE', 'INVALID_ARGUMENT']);

/** What becomes of an order after an attempt that has failed. */
type Decision =
  | { readonly do: 'finish' }
  | { readonly do: 'pause' }
  | { readonly do: 'retry'; readonly attempts: number; readonly inMs: number }
  | { readonly do: 'bury' };

/** The only place that decides what becomes of an order. */
export function decideAfterFailure(
  code: BankCardOcrErrorCode | 'STORE',
  failedBefore: number,
  isRetentionOver: boolean,
): Decision {
  // The limit is one of the app id: it concerns all orders, and counts as an attempt of none.
  if (code === 'RATE_LIMITED') return { do: 'pause' };
  if (code === 'EVIDENCE_ERASED') return { do: 'finish' };
  if (FINAL.has(code) || isRetentionOver) return { do: 'bury' };
  const attempts = failedBefore + 1;
  return { do: 'retry', attempts, inMs: Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 20), LAST_RETRY_MS) };
}

/**
 * Keeps the orders of a queue, which any number of processes may share: takes them one by one, keeps them, and decides what
 * becomes of those that cannot be kept yet. {@link EvidenceWorker.add} adds an order as soon as its card is recognized; the
 * reconciler adds what was forgotten.
 *
 * @example
 * await worker.add({ orderNo, recognizedAt: new Date() });
 */
export class EvidenceWorker {
  readonly #events = new Subject<EvidenceWorkerEvent>();
  /** What happens in this process, as it happens. */
  readonly events$: Observable<EvidenceWorkerEvent> = this.#events.asObservable();
  /** See {@link EvidenceWorkerOptions.vendorRetentionMs}. */
  readonly vendorRetentionMs: number;
  readonly #concurrency: number;
  readonly #shutdownGraceMs: number;
  readonly #clock: Clock;
  #opened: Promise<QueuedOrders> | undefined;
  readonly #stopping = new AbortController();
  readonly #attempts = new Set<AbortController>();
  #isEnding = false;
  #running: Promise<void> | undefined;
  #pausedUntilMs = 0;
  #pauseMs = FIRST_PAUSE_MS;

  /** @throws `BankCardOcrConfigurationError` when an option is wrong */
  constructor(
    private readonly archive: EvidenceArchive,
    private readonly queue: ArchiveQueue,
    options: EvidenceWorkerOptions = {},
    clock: Clock = new SystemClock(),
  ) {
    this.#clock = clock;
    const { concurrency, vendorRetentionMs, shutdownGraceMs } = readNumbers(options, NUMBERS);
    this.#concurrency = concurrency;
    this.vendorRetentionMs = vendorRetentionMs;
    this.#shutdownGraceMs = shutdownGraceMs;
  }

  /** Check that the queue can be used. Every other call does the same. @throws what the queue throws */
  async open(): Promise<void> {
    await this.#orders();
  }

  /**
   * Add an order to the queue, unless it is kept, or was added before.
   * @returns `kept`, `queued` for one that waits or is being kept, or `lost`
   * @throws what store and queue throw: the reconciler adds the order later
   */
  async add(order: ExpectedOrder): Promise<'kept' | 'queued' | 'lost'> {
    const orders = await this.#orders();
    if (await this.#isKept(order.orderNo)) return 'kept';
    const outcome = await this.queue.add(orders.seal(order, await this.archive.refOf(order.orderNo)));
    return outcome === 'dead' ? 'lost' : 'queued';
  }

  /** How many orders wait, are being kept, and are lost, in all processes. */
  async counts(): Promise<ArchiveQueueCounts> {
    await this.#orders();
    return this.queue.counts();
  }

  /** The orders that were lost: the dead letters of the queue. Nothing is done about them until {@link retry} or {@link forget}. */
  async *lost(): AsyncIterable<LostOrder> {
    const orders = await this.#orders();
    for await (const letter of this.queue.deadLetters()) {
      try {
        yield { ...orders.open(letter), code: letter.reason, lostAt: letter.diedAt };
      } catch {
        // Changed, or sealed with keys that were replaced: no order number is left of it.
      }
    }
  }

  /** Try a lost order again. @returns false when no order of that number is lost */
  async retry(orderNo: string): Promise<boolean> {
    await this.#orders();
    return this.queue.revive(await this.archive.refOf(orderNo));
  }

  /** Give a lost order up. While the application still expects it, the reconciler adds it again. @returns as {@link retry} */
  async forget(orderNo: string): Promise<boolean> {
    await this.#orders();
    return this.queue.discard(await this.archive.refOf(orderNo));
  }

  /** Begin to keep orders in the background. */
  start(): void {
    this.#running ??= this.#concurrency > 0 ? this.#run() : Promise.resolve();
  }

  /** Take no more orders, let those that are being kept finish for a while, then give them to other workers; close the queue. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const timer = this.#clock.setTimer(() => this.#end(), this.#shutdownGraceMs, true);
    await this.#running;
    timer.cancel();
    await this.queue.close();
    this.#events.complete();
  }

  #end(): void {
    this.#isEnding = true;
    for (const attempt of this.#attempts) attempt.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const inFlight = new Set<Promise<void>>();
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#orders();
        const job = await this.queue.take(signal);
        failures = 0;
        if (job) {
          const attempt: Promise<void> = this.#attempt(job).finally(() => inFlight.delete(attempt));
          inFlight.add(attempt);
        }
      } catch (error) {
        this.#events.next({ type: 'queue-failed', error });
        failures += 1;
        const pauseMs = Math.min(FIRST_QUEUE_RETRY_MS * 2 ** Math.min(failures - 1, 10), LAST_QUEUE_RETRY_MS);
        await sleep(this.#clock, pauseMs, signal).catch(() => undefined);
      }
      if (inFlight.size >= this.#concurrency) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
  }

  /** Never rejects. */
  async #attempt(job: ArchiveJob): Promise<void> {
    const attempt = new AbortController();
    const abort = (): void => attempt.abort();
    this.#attempts.add(attempt);
    const forget = onAbort(job.signal, abort);
    if (job.signal.aborted || this.#isEnding) abort();
    try {
      await this.#settle(job, attempt.signal);
    } catch (error) {
      // Its lease ends, and a worker gets it again.
      this.#events.next({ type: 'queue-failed', error });
    } finally {
      forget();
      this.#attempts.delete(attempt);
    }
  }

  async #settle(job: ArchiveJob, signal: AbortSignal): Promise<void> {
    const order = await this.#read(job);
    if (!order) return;
    const { orderNo, recognizedAt, retentionClass } = order;
    const endsAtMs = recognizedAt.getTime() + this.vendorRetentionMs;
    let kept: Awaited<ReturnType<EvidenceArchive['keep']>> | undefined;
    let error: unknown;
    try {
      kept = await this.archive.keep(orderNo, {
        recognizedAt,
        retentionClass,
        signal,
        // Better without photos than not at all.
        incomplete: this.#clock.now() > endsAtMs - this.vendorRetentionMs / 10,
      });
    } catch (thrown) {
      error = thrown;
    }
    if (kept) {
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#events.next({ type: 'kept', orderNo, ref: kept.ref, isNew: kept.isNew });
      return job.finish();
    }
    if (signal.aborted) return this.#isEnding ? job.release(0, job.attempts) : undefined;
    const code = isBankCardOcrError(error) ? error.code : 'STORE';
    const decision = decideAfterFailure(code, job.attempts, this.#clock.now() >= endsAtMs);
    switch (decision.do) {
      case 'finish':
        return job.finish();
      case 'pause':
        await this.#pause(isBankCardOcrError(error) ? error.retryAfterMs : undefined);
        return job.release(0, job.attempts);
      case 'retry':
        this.#events.next({ type: 'failed', orderNo, code, attempts: decision.attempts, retryInMs: decision.inMs });
        return job.release(decision.inMs, decision.attempts);
      case 'bury':
        // Reported first: when this process ends in between, the next one reports it again.
        this.#events.next({ type: 'lost', orderNo, code, recognizedAt });
        return job.bury(code);
    }
  }

  /** An order that cannot be decrypted is forgotten, so that the reconciler can add it again. */
  async #read(job: ArchiveJob): Promise<ExpectedOrder | undefined> {
    try {
      return (await this.#orders()).open(job);
    } catch {
      await job.finish();
      const message = 'an order of the archive queue was damaged, and has been removed; the reconciler adds it again';
      const messageZh = '存证队列中的一条订单已损坏并被移除；对账器会重新加入';
      this.#events.next({
        type: 'queue-failed',
        error: new BankCardOcrError('EVIDENCE_DAMAGED', { message, messageZh }),
      });
      return undefined;
    }
  }

  async #pause(retryAfterMs = 0): Promise<void> {
    // Those that were in flight beside it get the same response.
    const now = this.#clock.monotonic();
    if (now < this.#pausedUntilMs) return;
    const forMs = Math.max(this.#pauseMs, retryAfterMs);
    this.#pausedUntilMs = now + forMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_PAUSE_MS);
    await this.queue.pause(forMs);
    this.#events.next({ type: 'paused', forMs });
  }

  /** A damaged order counts as not kept: a worker tries, and reports it. */
  async #isKept(orderNo: string): Promise<boolean> {
    try {
      return (await this.archive.findKept(orderNo)) !== undefined;
    } catch (error) {
      if (isBankCardOcrError(error) && error.code === 'EVIDENCE_DAMAGED') return false;
      throw error;
    }
  }

  async #orders(): Promise<QueuedOrders> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #open(): Promise<QueuedOrders> {
    const orders = await this.archive.queuedOrders();
    await this.queue.open(orders.scope);
    return orders;
  }
}

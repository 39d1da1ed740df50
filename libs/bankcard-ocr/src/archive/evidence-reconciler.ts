import { type Observable, Subject } from 'rxjs';
import { type BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { FileTicketStore } from '../credentials/store/file-ticket.store.js';
import type { TicketLease } from '../credentials/store/ticket-store.js';
import type { BankCardOcrErrorCode } from '../errors/error-codes.js';
import { numeric, readNumbers } from '../options/option-values.js';
import { sleep } from '../runtime/abort.js';
import { type Clock, SystemClock } from '../runtime/clock.js';
import type { EvidenceArchive } from './evidence-archive.js';
import type { ExpectedOrder, ExpectedOrders } from './expected-orders.js';

/** How the archive is compared with what the application expects. */
export interface ReconcilerOptions {
  /** How many orders are kept at a time, 1 to 100; each has one photo in memory. @default 4 */
  readonly concurrency?: number | undefined;
  /** Pause between two rounds, in milliseconds. @default 30 000 */
  readonly intervalMs?: number | undefined;
  /** How long Tencent keeps an order, in milliseconds: until then it is tried again. @default 259 200 000 (3 days) */
  readonly vendorRetentionMs?: number | undefined;
  /**
   * A directory on the local disk, in which the processes of a machine agree on the one that works; when that ends, another
   * one takes over within seconds. @default none: this process always works
   */
  readonly leaseDirectory?: string | undefined;
  /** How long orders that are being kept may take at shutdown, in milliseconds. @default 10 000 */
  readonly shutdownGraceMs?: number | undefined;
}

/** A round over the expected orders. */
export interface ReconcilerRound {
  readonly expected: number;
  readonly kept: number;
  /** Not kept yet; they are tried again. */
  readonly waiting: number;
  readonly lost: number;
  /** Age of the oldest one that is waiting, in milliseconds: the number to watch. */
  readonly oldestWaitingMs: number;
}

/**
 * - `kept`: the archive has an order; `isNew` when this process has kept it.
 * - `failed`: it is tried again.
 * - `lost`: Tencent does not return it any more, or never will. It is reported at least once: page the operator on duty.
 * - `paused`: Tencent's rate limit; nothing is asked until then.
 * - `round`, `round-failed`: progress; the port has thrown.
 *
 * `orderNo` is for the application to find its order by: keep it out of logs.
 */
export type ReconcilerEvent =
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
  | ({ readonly type: 'round' } & ReconcilerRound)
  | { readonly type: 'round-failed'; readonly error: unknown };

const NUMBERS = {
  concurrency: { default: 4, ...numeric('whole number', false, 100) },
  intervalMs: { default: 30_000, ...numeric('milliseconds') },
  vendorRetentionMs: { default: 259_200_000, ...numeric('milliseconds') },
  shutdownGraceMs: { default: 10_000, ...numeric('milliseconds', true) },
};
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 600_000;
const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 60_000;
const LEASE_TTL_MS = 8_000;
/** A retry does not fix these: Tencent has deleted it, could not read the card, or it cannot be an order number. */
const FINAL: ReadonlySet<string> = new Set(['RESULT_GONE', 'CARD_UNREADABLE', 'INVALID_ARGUMENT']);

interface Waiting {
  readonly attempts: number;
  readonly retryAtMs: number;
}

/**
 * Keeps every order that the application expects: compares {@link ExpectedOrders} with the archive, again and again, so that
 * no crash, restart or lost message leaves a gap. Several processes share the work of one with `leaseDirectory`; without it they
 * do no harm, but each of them asks Tencent.
 */
export class EvidenceReconciler {
  readonly #events = new Subject<ReconcilerEvent>();
  /** What happens, as it happens. */
  readonly events$: Observable<ReconcilerEvent> = this.#events.asObservable();
  readonly #clock: Clock;
  readonly #options: Readonly<Record<keyof typeof NUMBERS, number>>;
  /** Its lease is that of a ticket store, in a directory that has no tickets. */
  readonly #leases: FileTicketStore | undefined;
  #lease: TicketLease | undefined;
  /** Nothing is left to do for these. */
  #done = new Map<string, 'kept' | 'lost'>();
  #waiting = new Map<string, Waiting>();
  #pausedUntilMs = 0;
  #pauseMs = FIRST_PAUSE_MS;
  readonly #stopping = new AbortController();
  readonly #ending = new AbortController();
  #running: Promise<void> | undefined;
  #lastRound: ReconcilerRound | undefined;

  /** @throws `BankCardOcrConfigurationError` when an option is wrong */
  constructor(
    private readonly archive: Pick<EvidenceArchive, 'keep'>,
    private readonly expected: ExpectedOrders,
    options: ReconcilerOptions = {},
    clock: Clock = new SystemClock(),
  ) {
    this.#clock = clock;
    this.#options = readNumbers(options, NUMBERS);
    const { leaseDirectory } = options;
    this.#leases =
      leaseDirectory === undefined ? undefined : new FileTicketStore({ directory: leaseDirectory, appId: 'archive' });
  }

  /** The last round; undefined before the first one has ended. */
  get lastRound(): ReconcilerRound | undefined {
    return this.#lastRound;
  }

  /** Begin to run rounds in the background. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Take no more orders, let those that are being kept finish for a while, then abort them. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const timer = this.#clock.setTimer(() => this.#ending.abort(), this.#options.shutdownGraceMs, true);
    await this.#running;
    timer.cancel();
    this.#events.complete();
  }

  /** One round; it ends early at shutdown and at Tencent's rate limit. @throws what the port throws */
  async runOnce(): Promise<ReconcilerRound> {
    const { concurrency, vendorRetentionMs } = this.#options;
    const inFlight = new Set<Promise<void>>();
    const seen = new Set<string>();
    const count = { expected: 0, kept: 0, waiting: 0, lost: 0, oldestWaitingMs: 0 };
    const tally = ({ orderNo, recognizedAt }: ExpectedOrder): void => {
      const done = this.#done.get(orderNo);
      count[done ?? 'waiting'] += 1;
      if (!done) count.oldestWaitingMs = Math.max(count.oldestWaitingMs, this.#clock.now() - recognizedAt.getTime());
    };
    let isWhole = false;
    try {
      // An order whose end came while no process was running is still found, and reported as lost.
      for await (const order of this.expected.since(new Date(this.#clock.now() - 2 * vendorRetentionMs))) {
        if (seen.has(order.orderNo)) continue;
        seen.add(order.orderNo);
        count.expected += 1;
        if (!this.#isDue(order)) {
          tally(order);
          continue;
        }
        if (inFlight.size >= concurrency) await Promise.race(inFlight);
        if (!this.#mayAsk()) {
          tally(order);
          continue;
        }
        const attempt: Promise<void> = this.#attempt(order).finally(() => {
          tally(order);
          inFlight.delete(attempt);
        });
        inFlight.add(attempt);
      }
      isWhole = true;
    } finally {
      await Promise.allSettled(inFlight);
    }
    if (isWhole) this.#forgetAllBut(seen);
    this.#lastRound = count;
    this.#emit({ type: 'round', ...count });
    return count;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      let pauseMs = LEASE_TTL_MS / 2;
      try {
        if (await this.#isOnDuty()) {
          pauseMs = this.#options.intervalMs;
          await this.runOnce();
          pauseMs = this.#pauseOfRounds();
        }
      } catch (error) {
        this.#emit({ type: 'round-failed', error });
      }
      await sleep(this.#clock, pauseMs, this.#stopping.signal).catch(() => undefined);
    }
    await this.#lease?.release();
    await this.#leases?.close();
  }

  /** Whether this process is the one that works. */
  async #isOnDuty(): Promise<boolean> {
    if (!this.#leases) return true;
    if (this.#lease?.signal.aborted === true) {
      await this.#lease.release();
      this.#lease = undefined;
    }
    this.#lease ??= await this.#leases.acquireLease(LEASE_TTL_MS);
    return this.#lease !== undefined;
  }

  #pauseOfRounds(): number {
    const now = this.#clock.monotonic();
    let until = now + this.#options.intervalMs;
    for (const { retryAtMs } of this.#waiting.values()) until = Math.min(until, retryAtMs);
    return Math.max(until, this.#pausedUntilMs, now + FIRST_PAUSE_MS) - now;
  }

  #mayAsk(): boolean {
    if (this.#stopping.signal.aborted || this.#lease?.signal.aborted === true) return false;
    return this.#clock.monotonic() >= this.#pausedUntilMs;
  }

  #isDue({ orderNo }: ExpectedOrder): boolean {
    if (this.#done.has(orderNo)) return false;
    const waiting = this.#waiting.get(orderNo);
    return this.#mayAsk() && (!waiting || waiting.retryAtMs <= this.#clock.monotonic());
  }

  /** Never rejects. */
  async #attempt({ orderNo, recognizedAt, retentionClass }: ExpectedOrder): Promise<void> {
    const { vendorRetentionMs } = this.#options;
    const endsAtMs = recognizedAt.getTime() + vendorRetentionMs;
    try {
      const { ref, isNew } = await this.archive.keep(orderNo, {
        recognizedAt,
        retentionClass,
        signal: this.#ending.signal,
        // Better without photos than not at all.
        incomplete: this.#clock.now() > endsAtMs - vendorRetentionMs / 10,
      });
      this.#settle(orderNo, 'kept');
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#emit({ type: 'kept', orderNo, ref, isNew });
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      const known = isBankCardOcrError(error) ? error : undefined;
      const code = known?.code ?? 'STORE';
      if (code === 'RATE_LIMITED') return this.#pause(known);
      if (code === 'EVIDENCE_ERASED') return this.#settle(orderNo, 'kept');
      if (FINAL.has(code) || this.#clock.now() >= endsAtMs) {
        this.#settle(orderNo, 'lost');
        this.#emit({ type: 'lost', orderNo, code, recognizedAt });
        return;
      }
      const attempts = (this.#waiting.get(orderNo)?.attempts ?? 0) + 1;
      const retryInMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 20), LAST_RETRY_MS);
      this.#waiting.set(orderNo, { attempts, retryAtMs: this.#clock.monotonic() + retryInMs });
      this.#emit({ type: 'failed', orderNo, code, attempts, retryInMs });
    }
  }

  /** The limit is one of the app id: it concerns all orders, and counts as an attempt of none. */
  #pause(error: BankCardOcrError | undefined): void {
    // Those that were in flight beside it get the same response.
    if (!this.#mayAsk()) return;
    const forMs = Math.max(this.#pauseMs, error?.retryAfterMs ?? 0);
    this.#pausedUntilMs = this.#clock.monotonic() + forMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_PAUSE_MS);
    this.#emit({ type: 'paused', forMs });
  }

  #settle(orderNo: string, how: 'kept' | 'lost'): void {
    this.#done.set(orderNo, how);
    this.#waiting.delete(orderNo);
  }

  /** The application does not expect the others any more. */
  #forgetAllBut(seen: ReadonlySet<string>): void {
    for (const orders of [this.#done, this.#waiting]) {
      for (const orderNo of orders.keys()) if (!seen.has(orderNo)) orders.delete(orderNo);
    }
  }

  #emit(event: ReconcilerEvent): void {
    this.#events.next(event);
  }
}

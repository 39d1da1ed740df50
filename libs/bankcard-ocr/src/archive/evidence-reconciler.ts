import { merge, type Observable, Subject, type Subscription } from 'rxjs';
import { numeric, readNumbers } from '../options/option-values.js';
import { sleep } from '../runtime/abort.js';
import { type Clock, SystemClock } from '../runtime/clock.js';
import type { EvidenceWorker, EvidenceWorkerEvent } from './evidence-worker.js';
import type { ExpectedOrder, ExpectedOrders } from './expected-orders.js';

/** How the archive is compared with what the application expects. */
export interface ReconcilerOptions {
  /** Pause between two rounds, in milliseconds. @default 30 000 */
  readonly intervalMs?: number | undefined;
}

/** A round over the expected orders. */
export interface ReconcilerRound {
  readonly expected: number;
  readonly kept: number;
  /** In the queue: they wait, or are being kept. */
  readonly waiting: number;
  /** Dead letters. */
  readonly lost: number;
  /** Age of the oldest one that is waiting, in milliseconds: the number to watch. */
  readonly oldestWaitingMs: number;
}

/**
 * What the worker of this process reports ({@link EvidenceWorkerEvent}), and:
 * - `round`: progress.
 * - `round-failed`: the port, the store or the queue has thrown. The next round follows.
 */
export type ReconcilerEvent =
  | EvidenceWorkerEvent
  | ({ readonly type: 'round' } & ReconcilerRound)
  | { readonly type: 'round-failed'; readonly error: unknown };

const NUMBERS = { intervalMs: { default: 30_000, ...numeric('milliseconds') } };
/** So many orders are looked up at a time: of each, a few hundred bytes are in memory. */
const CONCURRENCY = 8;

/**
 * Compares {@link ExpectedOrders} with the archive, again and again, and adds what is missing to the queue: no crash, restart
 * or lost queue leaves a gap. Several processes may do so; that costs a few reads, and no request to Tencent.
 */
export class EvidenceReconciler {
  readonly #events = new Subject<ReconcilerEvent>();
  /** What happens, as it happens; with the events of the worker. */
  readonly events$: Observable<ReconcilerEvent>;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  /** They are not looked up again. */
  readonly #kept = new Set<string>();
  readonly #stopping = new AbortController();
  #listening: Subscription | undefined;
  #running: Promise<void> | undefined;
  #lastRound: ReconcilerRound | undefined;

  /** @throws `BankCardOcrConfigurationError` when an option is wrong */
  constructor(
    private readonly worker: EvidenceWorker,
    private readonly expected: ExpectedOrders,
    options: ReconcilerOptions = {},
    clock: Clock = new SystemClock(),
  ) {
    this.#clock = clock;
    this.#intervalMs = readNumbers(options, NUMBERS).intervalMs;
    this.events$ = merge(worker.events$, this.#events);
  }

  /** The last round; undefined before the first one has ended. */
  get lastRound(): ReconcilerRound | undefined {
    return this.#lastRound;
  }

  /** Begin to run rounds in the background. */
  start(): void {
    this.#listening ??= this.worker.events$.subscribe((event) => {
      if (event.type === 'kept') this.#kept.add(event.orderNo);
    });
    this.#running ??= this.#run();
  }

  /** End the round that is running. The worker goes on. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#listening?.unsubscribe();
    this.#events.complete();
  }

  /** One round: what is missing is in the queue when it returns. @throws what port, store and queue throw */
  async runOnce(): Promise<ReconcilerRound> {
    const inFlight = new Set<Promise<void>>();
    const seen = new Set<string>();
    const count = { expected: 0, kept: 0, waiting: 0, lost: 0, oldestWaitingMs: 0 };
    const failures: unknown[] = [];
    // An order whose end came while no process was running is still found, and reported as lost.
    const since = new Date(this.#clock.now() - 2 * this.worker.vendorRetentionMs);
    try {
      for await (const order of this.expected.since(since)) {
        if (failures.length > 0 || this.#stopping.signal.aborted) break;
        if (seen.has(order.orderNo)) continue;
        seen.add(order.orderNo);
        if (inFlight.size >= CONCURRENCY) await Promise.race(inFlight);
        const check: Promise<void> = this.#check(order, count)
          .catch((error: unknown) => void failures.push(error))
          .finally(() => inFlight.delete(check));
        inFlight.add(check);
      }
    } finally {
      await Promise.all(inFlight);
    }
    if (failures.length > 0) throw failures[0];
    if (!this.#stopping.signal.aborted) {
      // The application does not expect the others any more.
      for (const orderNo of this.#kept) if (!seen.has(orderNo)) this.#kept.delete(orderNo);
    }
    this.#lastRound = count;
    this.#events.next({ type: 'round', ...count });
    return count;
  }

  async #check(order: ExpectedOrder, count: { -readonly [Name in keyof ReconcilerRound]: number }): Promise<void> {
    const { orderNo, recognizedAt } = order;
    const state = this.#kept.has(orderNo) ? 'kept' : await this.worker.add(order);
    count.expected += 1;
    if (state === 'kept') {
      this.#kept.add(orderNo);
      count.kept += 1;
    } else if (state === 'lost') {
      count.lost += 1;
    } else {
      count.waiting += 1;
      count.oldestWaitingMs = Math.max(count.oldestWaitingMs, this.#clock.now() - recognizedAt.getTime());
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.runOnce();
      } catch (error) {
        this.#events.next({ type: 'round-failed', error });
      }
      await sleep(this.#clock, this.#intervalMs, signal).catch(() => undefined);
    }
  }
}

import { AsyncResource } from 'node:async_hooks';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { ClockTimer } from '../runtime/clock.js';
import { RefreshCooldownError, RefreshFailures } from './refresh-backoff.js';
import type { RefreshRequest } from './refresh-plan.js';
import { Refresher, type RefresherContext } from './refresher.js';
import { isUnfinished, type TicketRecord } from './ticket-record.js';

/**
 * The asynchronous context in which the library was loaded: that of no request, unless one loads it. What the loop does would
 * otherwise count as done by the request that caused the last refresh, in its logs, and keep that request in memory.
 */
const LOADED = new AsyncResource('BankCardOcrRefresh');

export type WantedRefresh = Pick<RefreshRequest, 'reason' | 'replaces'>;

/** One refresh at a time for all callers; one loop wakes, does what is due, and sleeps: no timer has to be exact. */
export class RefreshScheduler {
  readonly failures: RefreshFailures;
  readonly #refresher: Refresher;
  readonly #closing = new AbortController();
  readonly #shared: boolean;
  #running: Promise<void> | undefined;
  #syncs: { readonly running: Promise<void>; next?: Promise<void> } | undefined;
  #syncAt: number;
  /** The loop starts no refresh before this time, however short the lifetimes that Tencent returns. */
  #notBefore = Number.NEGATIVE_INFINITY;
  #wakeUp: ClockTimer | undefined;

  constructor(private readonly context: RefresherContext) {
    this.failures = new RefreshFailures(context);
    this.#refresher = new Refresher(context);
    this.#shared = context.store.scope !== 'process';
    this.#syncAt = context.backgroundRefresh ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  /** Aborted by {@link close}. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get refreshing(): boolean {
    return this.#running !== undefined;
  }

  start(): void {
    if (!this.context.backgroundRefresh || this.closing.aborted) return;
    if (this.#shared) {
      this.#planSync();
      try {
        this.closing.addEventListener(
          'abort',
          this.context.store.watch(() => void LOADED.runInAsyncScope(() => this.syncAfresh())),
        );
      } catch {
        // A hint only: the store is polled anyway.
      }
    }
    this.inBackground({ reason: 'initial' });
    this.#sleep();
  }

  async close(): Promise<void> {
    const message = 'the module is closed, with its application or its account: no request is sent to Tencent any more';
    const messageZh = '模块已随应用或账号关闭，不再向腾讯云发起请求';
    this.#closing.abort(new BankCardOcrError('NO_VALID_TICKET', { message, messageZh, retryable: false }));
    this.#wakeUp?.cancel();
    await Promise.allSettled([this.#running, this.#syncs?.running, this.#syncs?.next]);
  }

  /** Join the running refresh, or start one. While refreshes fail, none starts before the backoff is over. */
  async ensure(wanted: WantedRefresh): Promise<void> {
    if (!this.#running && this.failures.pauseMs > 0) throw this.failures.toError();
    this.#running ??= this.#run(wanted).finally(() => {
      this.#running = undefined;
      this.#notBefore = this.context.clock.monotonic() + this.context.timings.firstRetryMs / 2;
      this.#sleep();
    });
    return this.#running;
  }

  inBackground(wanted: WantedRefresh): void {
    this.ensure(wanted).catch(() => undefined);
  }

  async settled(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  /** Read the store and use what is newer: one sync for all callers. Failures are emitted as events. */
  sync(): Promise<void> {
    this.#syncs ??= { running: this.#syncOnce().finally(() => (this.#syncs = undefined)) };
    return this.#syncs.running;
  }

  /** The same, by a sync that starts after this call: a running one may miss what was just written. */
  syncAfresh(): Promise<void> {
    if (!this.#syncs) return this.sync();
    this.#syncs.next ??= this.#syncs.running.then(() => this.sync());
    return this.#syncs.next;
  }

  /** Without the background loop, callers have to poll a shared store now and then. */
  get isPollDue(): boolean {
    const { backgroundRefresh, clock } = this.context;
    return !backgroundRefresh && this.#shared && clock.monotonic() >= this.#syncAt;
  }

  async #run(wanted: WantedRefresh): Promise<void> {
    const { failures } = this;
    const signal = this.closing;
    signal.throwIfAborted();
    const request = { ...wanted, attempt: (failures.last?.request.attempt ?? 0) + 1 };
    try {
      await this.#refresher.run({ ...request, signal });
      failures.clear();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RefreshCooldownError) {
        failures.clear();
        throw error;
      }
      failures.note(error, request);
      throw failures.toError();
    }
  }

  #wake(): void {
    const { clock } = this.context;
    try {
      const now = clock.monotonic();
      if (now >= this.#syncAt) {
        this.#planSync();
        void this.sync();
      }
      if (now >= this.#refreshAt) this.inBackground(this.failures.last?.request ?? { reason: 'due' });
    } finally {
      this.#sleep();
    }
  }

  #sleep(): void {
    const { backgroundRefresh, clock, timings } = this.context;
    this.#wakeUp?.cancel();
    if (!backgroundRefresh || this.closing.aborted) return;
    const untilDueMs = Math.min(this.#syncAt, this.#refreshAt) - clock.monotonic();
    // Timers count whole milliseconds.
    const delayMs = Math.max(1, Math.min(untilDueMs, timings.pollMs));
    this.#wakeUp = LOADED.runInAsyncScope(() => clock.setTimer(() => this.#wake(), delayMs));
  }

  get #refreshAt(): number {
    const { role, cache } = this.context;
    const { last } = this.failures;
    if (role === 'reader' || this.#running) return Number.POSITIVE_INFINITY;
    return Math.max(this.#notBefore, last ? last.retryAt : cache.dueAt);
  }

  /** Up to a fifth earlier at random, so that a large fleet does not read its store all at once. */
  #planSync(): void {
    const { clock, timings, random } = this.context;
    this.#syncAt = clock.monotonic() + timings.pollMs * (1 - random.next() / 5);
  }

  async #syncOnce(): Promise<void> {
    const { role, cache, clock, timings, backgroundRefresh } = this.context;
    if (this.closing.aborted) return;
    if (!backgroundRefresh) this.#syncAt = clock.monotonic() + timings.pollMs;
    const before = cache.latest;
    try {
      const record = cache.ours(await this.#refresher.sync());
      if (this.#running) return;
      const wanted = role === 'reader' ? undefined : wantedByOthers(record);
      if (wanted) return this.inBackground(wanted);
      if (cache.latest === before) return;
      // A reader has received what it had waited for in vain.
      if (role === 'reader') this.failures.clear();
      this.#sleep();
    } catch {
      // The cached credentials stay in use.
    }
  }
}

function wantedByOthers(record: TicketRecord | undefined): WantedRefresh | undefined {
  if (isUnfinished(record)) return { reason: 'due' };
  const replaces = record?.rejectedId;
  return replaces !== undefined && replaces === record?.current?.id ? { reason: 'rejected', replaces } : undefined;
}

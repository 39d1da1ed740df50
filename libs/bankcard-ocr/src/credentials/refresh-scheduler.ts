import type { Clock, ClockTimer } from '../runtime/clock.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { Random } from '../runtime/random.js';
import type { CredentialCache } from './credential-cache.js';
import { RefreshCooldownError, type RefreshFailures } from './refresh-backoff.js';
import type { RefreshRequest } from './refresh-plan.js';
import type { Refresher } from './refresher.js';
import type { TicketStore } from './store/ticket-store.js';
import { isUnfinished, type TicketRecord } from './ticket-record.js';
import type { RefreshTimings } from './timings.js';

/** Why a refresh is wanted, and which generation it is to replace. */
export type WantedRefresh = Pick<RefreshRequest, 'reason' | 'replaces'>;

/** What a {@link RefreshScheduler} works with. */
interface RefreshSchedulerDependencies {
  readonly store: TicketStore;
  readonly refresher: Refresher;
  readonly cache: CredentialCache;
  readonly failures: RefreshFailures;
  readonly clock: Clock;
  readonly timings: RefreshTimings;
  readonly random: Random;
  readonly backgroundRefresh: boolean;
  /** Whether this process refreshes, or waits until another one has. */
  readonly refreshes: boolean;
}

/** The shortest sleep: timers count whole milliseconds. */
const SHORTEST_SLEEP_MS = 1;

/**
 * When refreshes run: one at a time for all who want one, when they are due, after a pause when they fail, and soon after
 * another process has left one unfinished. No timer here keeps the process alive.
 *
 * In the background it is one loop: it wakes, does whatever has become due by the clock, and sleeps again. Going to sleep
 * is the loop's own last step, whatever a refresh or a look ended with, and it never sleeps longer than the store may go
 * unread. So nothing hangs on a timer that is exact: one that is early finds nothing to do yet, and one that is late, or
 * was set before the clocks jumped, is made up for by the next.
 */
export class RefreshScheduler {
  readonly #closing = new AbortController();
  readonly #shared: boolean;
  #running: Promise<void> | undefined;
  /** The sync with the store that runs, and the one that follows it. */
  #syncs: { readonly running: Promise<void>; next?: Promise<void> } | undefined;
  /** When a shared store is to be read next. */
  #syncAt: number;
  /** Before this moment the loop starts no refresh, however short the lives are that the vendor gives. */
  #notBefore = Number.NEGATIVE_INFINITY;
  #wakeUp: ClockTimer | undefined;

  constructor(private readonly dependencies: RefreshSchedulerDependencies) {
    this.#shared = dependencies.store.scope !== 'process';
    this.#syncAt = dependencies.backgroundRefresh ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  get refreshing(): boolean {
    return this.#running !== undefined;
  }

  start(): void {
    if (!this.dependencies.backgroundRefresh || this.#closing.signal.aborted) return;
    if (this.#shared) {
      this.#planSync();
      this.#watch();
    }
    this.inBackground({ reason: 'initial' });
    this.#sleep();
  }

  async close(): Promise<void> {
    const message = 'the ticket service is closed';
    this.#closing.abort(new BankCardOcrError('NO_VALID_TICKET', { message, retryable: false }));
    this.#wakeUp?.cancel();
    await Promise.allSettled([this.#running, this.#syncs?.running, this.#syncs?.next]);
  }

  /**
   * Join the refresh that runs, or run one. While refreshes fail, none runs before its pause is over.
   *
   * @throws {@link BankCardOcrError} `NO_VALID_TICKET` when it fails, {@link RefreshCooldownError}
   */
  async ensure(wanted: WantedRefresh): Promise<void> {
    const { failures } = this.dependencies;
    if (!this.#running && failures.pauseMs > 0) throw failures.toError();
    this.#running ??= this.#run(wanted).finally(() => {
      this.#running = undefined;
      this.#notBefore = this.dependencies.clock.monotonic() + this.dependencies.timings.firstRetryMs / 2;
      this.#sleep();
    });
    return this.#running;
  }

  /** Begin a refresh without waiting for it. A failure is told as an event, and the next attempt is scheduled. */
  inBackground(wanted: WantedRefresh): void {
    this.ensure(wanted).catch(() => undefined);
  }

  /** Wait for the refresh that runs, however it ends. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  /** Read the store and use what is newer: one sync for all who want one. Failures are told as events. */
  sync(): Promise<void> {
    this.#syncs ??= { running: this.#syncOnce().finally(() => (this.#syncs = undefined)) };
    return this.#syncs.running;
  }

  /** The same, by a sync that begins after this call: one that runs may be too early to see what was just written. */
  syncAfresh(): Promise<void> {
    if (!this.#syncs) return this.sync();
    this.#syncs.next ??= this.#syncs.running.then(() => this.sync());
    return this.#syncs.next;
  }

  /** Without a background nobody polls a shared store, so the users of the credentials have to, now and then. */
  get isPollDue(): boolean {
    const { backgroundRefresh, clock } = this.dependencies;
    return !backgroundRefresh && this.#shared && clock.monotonic() >= this.#syncAt;
  }

  async #run(wanted: WantedRefresh): Promise<void> {
    const { refresher, failures } = this.dependencies;
    const { signal } = this.#closing;
    signal.throwIfAborted();
    const { reason, replaces } = wanted;
    const request = { reason, replaces, attempt: (failures.last?.request.attempt ?? 0) + 1 };
    try {
      await refresher.run({ ...request, signal });
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

  /** A hint only: a store that cannot give it is read all the same. */
  #watch(): void {
    try {
      const stop = this.dependencies.store.watch(() => void this.syncAfresh());
      this.#closing.signal.addEventListener('abort', stop);
    } catch {
      // It is polled.
    }
  }

  #wake(): void {
    const { clock, failures } = this.dependencies;
    try {
      const now = clock.monotonic();
      if (now >= this.#syncAt) {
        this.#planSync();
        void this.sync();
      }
      if (now >= this.#refreshAt) this.inBackground(failures.last?.request ?? { reason: 'due' });
    } finally {
      this.#sleep();
    }
  }

  /** Sleep until something is due. Called again whenever that may have changed, it sleeps anew. */
  #sleep(): void {
    const { backgroundRefresh, clock, timings } = this.dependencies;
    this.#wakeUp?.cancel();
    if (!backgroundRefresh || this.#closing.signal.aborted) return;
    const untilDueMs = Math.min(this.#syncAt, this.#refreshAt) - clock.monotonic();
    const sleepMs = Math.max(SHORTEST_SLEEP_MS, Math.min(untilDueMs, timings.pollMs));
    this.#wakeUp = clock.setTimer(() => this.#wake(), sleepMs);
  }

  /** When this process is to refresh next, on the monotonic clock; never while it does. */
  get #refreshAt(): number {
    const { refreshes, cache, failures } = this.dependencies;
    if (!refreshes || this.#running) return Number.POSITIVE_INFINITY;
    return Math.max(this.#notBefore, failures.last ? failures.last.retryAt : cache.dueAt);
  }

  /** Up to a fifth earlier at random, so that a large fleet does not ask its store all at once. */
  #planSync(): void {
    const { clock, timings, random } = this.dependencies;
    this.#syncAt = clock.monotonic() + timings.pollMs * (1 - random.next() / 5);
  }

  async #syncOnce(): Promise<void> {
    const { refresher, cache, clock, timings, backgroundRefresh } = this.dependencies;
    if (this.#closing.signal.aborted) return;
    if (!backgroundRefresh) this.#syncAt = clock.monotonic() + timings.pollMs;
    const before = cache.latest;
    try {
      const record = cache.ours(await refresher.sync());
      if (this.#running) return;
      const wanted = this.#wantedBy(record);
      if (wanted) this.inBackground(wanted);
      else if (cache.latest !== before) this.#noteAdopted();
    } catch {
      // What is held goes on being served.
    }
  }

  #noteAdopted(): void {
    // What a reader had waited for in vain has come.
    if (!this.dependencies.refreshes) this.dependencies.failures.clear();
    this.#sleep();
  }

  /** The refresh that others have begun and not finished, or have asked for. */
  #wantedBy(record: TicketRecord | undefined): WantedRefresh | undefined {
    if (!this.dependencies.refreshes) return undefined;
    if (isUnfinished(record)) return { reason: 'due' };
    const replaces = record?.rejectedId;
    return replaces !== undefined && replaces === record?.current?.id ? { reason: 'rejected', replaces } : undefined;
  }
}

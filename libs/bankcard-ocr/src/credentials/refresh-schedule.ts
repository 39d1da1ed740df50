import type { Clock, ClockTimer } from '../clock.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { Random } from '../random.js';
import { isUnfinished } from './freshness.js';
import type { HeldCredentials } from './held-credentials.js';
import type { RefreshFailures } from './refresh-failures.js';
import type { Refresh, RefreshRequest } from './refresh-request.js';
import { RefreshTooSoon } from './refresh-too-soon.js';
import type { StoreLook } from './store-look.js';
import type { TicketStore } from './store/ticket-store.js';
import type { TicketRecord } from './ticket-record.js';
import type { RefreshTimings } from './timings.js';

/** Why a refresh is wanted, and which generation it is to replace. */
export type WantedRefresh = Pick<RefreshRequest, 'reason' | 'replaces'>;

/** What a {@link RefreshSchedule} works with. */
export interface RefreshScheduleDependencies {
  readonly store: TicketStore;
  readonly refresh: Refresh;
  readonly look: StoreLook;
  readonly held: HeldCredentials;
  readonly failures: RefreshFailures;
  readonly clock: Clock;
  readonly timings: RefreshTimings;
  readonly random: Random;
  readonly backgroundRefresh: boolean;
  /** Whether this process refreshes, or waits until another one has. */
  readonly refreshes: boolean;
}

/**
 * When refreshes run: one at a time for all who want one, on the timer, after a pause when they fail, and soon after
 * another process has left one unfinished. No timer here keeps the process alive.
 */
export class RefreshSchedule {
  readonly #closing = new AbortController();
  readonly #shared: boolean;
  #running: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  #lookingNext: Promise<void> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #refreshTimer: ClockTimer | undefined;
  #pollTimer: ClockTimer | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(private readonly dependencies: RefreshScheduleDependencies) {
    this.#shared = dependencies.store.scope !== 'process';
  }

  get refreshing(): boolean {
    return this.#running !== undefined;
  }

  start(): void {
    if (!this.dependencies.backgroundRefresh || this.#closing.signal.aborted) return;
    if (this.#shared) {
      this.#stopWatching = this.dependencies.store.watch(() => void this.lookAfresh());
      this.#poll();
    }
    this.inBackground({ reason: 'initial' });
  }

  async close(): Promise<void> {
    const message = 'the ticket service is closed';
    this.#closing.abort(new BankCardOcrError('NO_VALID_TICKET', { message, retryable: false }));
    this.#refreshTimer?.cancel();
    this.#pollTimer?.cancel();
    this.#stopWatching?.();
    await Promise.allSettled([this.#running, this.#looking, this.#lookingNext]);
  }

  /**
   * Join the refresh that runs, or run one. While refreshes fail, none runs before its pause is over.
   *
   * @throws {@link BankCardOcrError} `NO_VALID_TICKET` when it fails, {@link RefreshTooSoon}
   */
  async ensure(wanted: WantedRefresh): Promise<void> {
    const { failures } = this.dependencies;
    if (!this.#running && failures.pauseMs > 0) throw failures.toError();
    this.#running ??= this.#run(wanted).finally(() => {
      this.#running = undefined;
      this.#scheduleNext();
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

  /** See what is stored, and use what is newer; one look for all who want one. Failures are told as events. */
  look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** The same, by a look that begins after this call: one that runs may be too early to see what was just written. */
  lookAfresh(): Promise<void> {
    if (!this.#looking) return this.look();
    this.#lookingNext ??= this.#looking.then(() => {
      this.#lookingNext = undefined;
      return this.look();
    });
    return this.#lookingNext;
  }

  /** Without a background nobody polls a shared store, so whoever uses the credentials has to look now and then. */
  get nobodyLooks(): boolean {
    const { backgroundRefresh, clock, timings } = this.dependencies;
    return !backgroundRefresh && this.#shared && clock.monotonic() - this.#lookedAt >= timings.pollMs;
  }

  async #run(wanted: WantedRefresh): Promise<void> {
    const { refresh, failures } = this.dependencies;
    const { signal } = this.#closing;
    signal.throwIfAborted();
    const { reason, replaces } = wanted;
    const request = { reason, replaces, attempt: (failures.last?.request.attempt ?? 0) + 1 };
    try {
      await refresh.run({ ...request, signal });
      failures.clear();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RefreshTooSoon) {
        failures.clear();
        throw error;
      }
      failures.note(error, request);
      throw failures.toError();
    }
  }

  #scheduleNext(): void {
    const { backgroundRefresh, refreshes, held, failures, clock, timings } = this.dependencies;
    this.#refreshTimer?.cancel();
    if (!backgroundRefresh || !refreshes || this.#closing.signal.aborted) return;
    const delayMs = failures.last ? failures.pauseMs : held.dueAt - clock.monotonic();
    // Never in a tight loop, whatever lives the vendor gives.
    this.#refreshTimer = clock.setTimer(
      () => this.inBackground(failures.last?.request ?? { reason: 'due' }),
      Math.max(delayMs, timings.firstRetryMs / 2),
    );
  }

  #poll(): void {
    const { clock, timings, random } = this.dependencies;
    // Up to a fifth earlier at random, so that a large fleet does not ask its store all at once.
    this.#pollTimer = clock.setTimer(
      () => {
        void this.look();
        this.#poll();
      },
      timings.pollMs * (1 - random.next() / 5),
    );
  }

  async #lookOnce(): Promise<void> {
    const { look, held, clock } = this.dependencies;
    if (this.#closing.signal.aborted) return;
    this.#lookedAt = clock.monotonic();
    const before = held.latest;
    try {
      const record = held.ours(await look.look());
      if (this.#running) return;
      const wanted = this.#wantedBy(record);
      if (wanted) this.inBackground(wanted);
      else if (held.latest !== before) this.#noteAdopted();
    } catch {
      // What is held goes on being served.
    }
  }

  #noteAdopted(): void {
    // What a reader had waited for in vain has come.
    if (!this.dependencies.refreshes) this.dependencies.failures.clear();
    this.#scheduleNext();
  }

  /** The refresh that others have begun and not finished, or have asked for. */
  #wantedBy(record: TicketRecord | undefined): WantedRefresh | undefined {
    if (!this.dependencies.refreshes) return undefined;
    if (isUnfinished(record)) return { reason: 'due' };
    const replaces = record?.rejectedId;
    return replaces !== undefined && replaces === record?.current?.id ? { reason: 'rejected', replaces } : undefined;
  }
}

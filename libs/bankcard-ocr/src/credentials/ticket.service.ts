import { type Observable, Subject } from 'rxjs';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { BankCardOcrErrorCode } from '../errors/error-codes.js';
import { raceAbort } from '../runtime/abort.js';
import type { SecretText } from '../runtime/secret-text.js';
import { CredentialCache } from './credential-cache.js';
import type { TicketRole, TicketServiceOptions } from './credential-context.js';
import type { Credentials } from './credentials.js';
import type { RefresherContext } from './refresher.js';
import { RejectionTracker } from './rejection-tracker.js';
import { RefreshCooldownError } from './refresh-backoff.js';
import { RefreshScheduler, type WantedRefresh } from './refresh-scheduler.js';
import type { TicketEvent } from './ticket-event.js';
import type { SharingScope } from './store/ticket-store.js';
import { TicketRecordRepository } from './ticket-record-repository.js';

/** How the credentials are, for health checks and support. Nothing in it is secret. */
export interface TicketStatus {
  /**
   * - `none`: there are none to use; queries fail with `NO_VALID_TICKET` until a refresh succeeds.
   * - `fresh`: younger than the refresh interval.
   * - `due`: older; still valid, and served while the refresh is tried.
   */
  readonly state: 'none' | 'fresh' | 'due';
  /** Whether this process has ever had credentials to use. */
  readonly everObtained: boolean;
  readonly refreshing: boolean;
  readonly generation?: number;
  readonly generationId?: string;
  /** Milliseconds since the token was asked for. */
  readonly ageMs?: number;
  /** Milliseconds until a refresh is due; 0 when it is. */
  readonly dueInMs?: number;
  readonly remainingMs?: number;
  readonly failure?: { readonly code: BankCardOcrErrorCode; readonly vendorCode?: string; readonly retryInMs: number };
  readonly role: TicketRole;
  /** How often another program seems to have refreshed the same app id, since the start. */
  readonly foreignRefreshSuspected: number;
  readonly store: {
    readonly description: string;
    readonly scope: SharingScope;
    /** The last operation failed, and none of its kind has succeeded since. */
    readonly failing: boolean;
  };
}

/** A refresh that was running already may have been wanted for less, and so change nothing. */
const TRIES_TO_REPLACE = 3;

/** Keeps access token and SIGN ticket in a store, refreshed together, never concurrently (protocol.md section 5). */
export class TicketService {
  readonly #events = new Subject<TicketEvent>();
  /** What happens to the credentials; logs and metrics are made from it. */
  readonly events$: Observable<TicketEvent> = this.#events.asObservable();
  readonly #schedule: RefreshScheduler;
  readonly #rejections: RejectionTracker;
  readonly #context: RefresherContext;

  constructor(options: TicketServiceOptions) {
    const emit = (event: TicketEvent) => {
      this.#events.next(event);
      this.#rejections.observe(event);
    };
    const context = { ...options, emit };
    const cache = new CredentialCache(context);
    const records = new TicketRecordRepository(context);
    this.#context = { ...context, cache, records };
    this.#rejections = new RejectionTracker(context, cache);
    this.#schedule = new RefreshScheduler(this.#context);
  }

  /** @internal */
  start(): void {
    this.#schedule.start();
  }

  /** Stop all timers and events, after a refresh that has asked the vendor for something. The store stays open. @internal */
  async close(): Promise<void> {
    await this.#schedule.close();
    this.#events.complete();
  }

  /** The credentials to use now, without asking anybody; undefined when there are none. */
  peek(): Credentials | undefined {
    return this.#context.cache.valid?.credentials;
  }

  /**
   * The credentials to use: at once while there are valid ones, else after the one refresh for which all callers wait.
   * @param signal ends the waiting with its reason; the refresh goes on
   * @throws {@link BankCardOcrError} `NO_VALID_TICKET` when there are none, with the reason as its `cause`
   */
  async getCredentials(signal?: AbortSignal): Promise<Credentials> {
    this.#schedule.closing.throwIfAborted();
    return this.fresh() ?? this.#obtain(signal);
  }

  /** The credentials to use while nothing needs doing about them: nearly always. @internal */
  fresh(): Credentials | undefined {
    // A test may have replaced it on this object.
    if (this.getCredentials !== TicketService.prototype.getCredentials) return undefined;
    return this.#schedule.closing.aborted || this.#schedule.isPollDue
      ? undefined
      : this.#context.cache.fresh?.credentials;
  }

  async #obtain(signal: AbortSignal | undefined): Promise<Credentials> {
    const { role, clock, cache } = this.#context;
    // What is stored is served at once, even if it is due.
    if (this.#schedule.isPollDue || !cache.valid) await raceAbort(this.#schedule.sync(), signal);
    if (!cache.valid) await raceAbort(this.#schedule.ensure({ reason: 'initial' }), signal);
    else if (role === 'refresher' && cache.mayHaveEnded) {
      // They are served all the same when the refresh fails: the wall clock may be wrong.
      await raceAbort(this.#schedule.ensure({ reason: 'due' }), signal).catch(() => signal?.throwIfAborted());
    }
    if (role === 'refresher' && clock.monotonic() >= cache.dueAt) {
      this.#schedule.inBackground({ reason: 'due' });
    }
    const credentials = this.peek();
    if (!credentials) throw this.#schedule.failures.toError();
    return credentials;
  }

  /**
   * Fetch new credentials now; the current ones expire one overlap later, for every process.
   * @throws {@link BankCardOcrError} `RATE_LIMITED` within one overlap of the last one; `CONFIGURATION` for a reader
   */
  async refresh(): Promise<Credentials> {
    this.#schedule.closing.throwIfAborted();
    if (this.#context.role === 'reader') {
      const message = "a process with role 'reader' never refreshes: call refresh() in one with role 'refresher'";
      throw new BankCardOcrError('CONFIGURATION', { message });
    }
    return this.#replace({ reason: 'requested', replaces: this.#context.cache.latest?.credentials.generationId });
  }

  /** @returns undefined when a refresh would be too soon, or does not help: the rejection stands. @internal */
  async replaceRejected(
    rejected: Credentials,
    error: Pick<BankCardOcrError, 'vendorCode' | 'actor'>,
    signal?: AbortSignal,
  ): Promise<Credentials | undefined> {
    const { generationId } = rejected;
    if (!this.#rejections.rejected(rejected, error)) return undefined;
    try {
      return await raceAbort(this.#replace({ reason: 'rejected', replaces: generationId }), signal);
    } catch (failure) {
      if (!(failure instanceof RefreshCooldownError)) throw failure;
      this.#rejections.rejectedTooSoon(generationId, error);
      return undefined;
    }
  }

  /** A rejected request was sent once more, with these credentials; `error` if they were rejected too. @internal */
  report(credentials: Credentials, error?: Pick<BankCardOcrError, 'vendorCode' | 'actor'>): void {
    this.#rejections.report(credentials, error);
  }

  /** The SIGN tickets with which the vendor may have signed what a phone reports, newest first. @internal */
  get ticketsForVerifying(): readonly SecretText[] {
    return this.#context.cache.ticketsForVerifying;
  }

  /** Wait for a refresh that runs, then use what another process may have stored. @internal */
  async reload(): Promise<void> {
    this.#schedule.closing.throwIfAborted();
    await this.#schedule.settled();
    await this.#schedule.syncAfresh();
  }

  status(): TicketStatus {
    const { clock, store, role, cache, records } = this.#context;
    const { latest, valid, dueAt } = cache;
    const { last, pauseMs } = this.#schedule.failures;
    const { code, vendorCode } = last?.error ?? {};
    const now = clock.monotonic();
    return {
      state: valid ? (now >= dueAt ? 'due' : 'fresh') : 'none',
      everObtained: latest !== undefined,
      ...(valid && {
        ...valid.credentials.toJSON(),
        ageMs: Math.round(now - valid.beganAt),
        dueInMs: Math.max(0, Math.round(dueAt - now)),
        remainingMs: Math.round(valid.endsAt - now),
      }),
      ...(code && { failure: { code, vendorCode, retryInMs: Math.round(pauseMs) } }),
      refreshing: this.#schedule.refreshing,
      role,
      foreignRefreshSuspected: this.#rejections.times,
      store: { description: store.description, scope: store.scope, failing: records.isFailing },
    };
  }

  async #replace(wanted: WantedRefresh): Promise<Credentials> {
    for (let tries = 0; tries < TRIES_TO_REPLACE; tries += 1) {
      const credentials = this.peek();
      if (credentials && credentials.generationId !== wanted.replaces) return credentials;
      await this.#schedule.ensure(wanted);
    }
    throw this.#schedule.failures.toError();
  }
}

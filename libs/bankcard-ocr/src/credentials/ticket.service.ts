import { type Observable, Subject } from 'rxjs';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { SYSTEM_RANDOM } from '../runtime/random.js';
import type { SecretText } from '../runtime/secret-text.js';
import { raceAbort } from '../runtime/abort.js';
import type { Credentials } from './credentials.js';
import { CredentialCache } from './credential-cache.js';
import { Refresher } from './refresher.js';
import { ForeignRefreshWatch } from './foreign-refresh-watch.js';
import { RequestBlame } from './request-blame.js';
import { RefreshCooldownError, RefreshFailures } from './refresh-backoff.js';
import { RefreshScheduler, type WantedRefresh } from './refresh-scheduler.js';
import type { TicketEvent } from './ticket-event.js';
import type { TicketServiceOptions } from './ticket-service.options.js';
import { TicketRecordRepository } from './ticket-record-repository.js';
import { statusOf, type TicketStatus } from './ticket-status.js';

/** A refresh that was running already may have been wanted for less and so change nothing; one more look, one more try. */
const TRIES_TO_REPLACE = 3;

/**
 * Holds the access token and SIGN ticket of an app id by the vendor's rules (protocol.md section 5): kept in a store,
 * refreshed together and never concurrently, served while a refresh runs and to their end when the vendor is down.
 */
export class TicketService {
  readonly #events = new Subject<TicketEvent>();
  /** What happens to the credentials; logs and metrics are made from it. */
  readonly events$: Observable<TicketEvent> = this.#events.asObservable();
  readonly #held: CredentialCache;
  readonly #failures: RefreshFailures;
  readonly #schedule: RefreshScheduler;
  readonly #blame: RequestBlame;
  readonly #foreign: ForeignRefreshWatch;
  readonly #refreshes: boolean;
  #rejectedId: string | undefined;
  #isClosed = false;

  constructor(private readonly options: TicketServiceOptions) {
    const { clock, timings, secretFingerprint, role = 'refresher' } = options;
    this.#refreshes = role === 'refresher';
    const refreshes = this.#refreshes;
    const random = options.random ?? SYSTEM_RANDOM;
    const emit = (event: TicketEvent) => {
      this.#events.next(event);
      this.#foreign.observe(event);
    };
    const window = { intervalMs: timings.intervalMs, verifyWindowMs: options.verifyWindowMs };
    const held = new CredentialCache(clock, timings, window, secretFingerprint, emit, random);
    const records = new TicketRecordRepository({ ...options, emit, random });
    const refresher = new Refresher({ ...options, role, held, records, emit, random });
    this.#held = held;
    this.#failures = new RefreshFailures(clock, timings, emit, random);
    this.#blame = new RequestBlame(clock, timings.overlapMs);
    this.#foreign = new ForeignRefreshWatch(clock, timings.intervalMs, held, refreshes, emit);
    this.#schedule = new RefreshScheduler({
      ...options,
      refresher,
      held,
      failures: this.#failures,
      refreshes,
      random,
    });
  }

  /** Begin to refresh in the background; returns at once and never fails because of the vendor. */
  start(): void {
    this.#schedule.start();
  }

  /** Stop all timers, end a refresh that runs, and tell no more events. The store is closed by whoever opened it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#schedule.close();
    this.#events.complete();
  }

  /** The credentials to use now, without asking anybody; undefined when there are none. */
  peek(): Credentials | undefined {
    return this.#held.valid?.credentials;
  }

  /**
   * The credentials to use: at once while there are valid ones, else after the one refresh for which all callers wait.
   *
   * @param signal ends the waiting with its reason; the refresh goes on
   * @throws {@link BankCardOcrError} `NO_VALID_TICKET` when there are none, with the reason as its `cause`
   */
  async getCredentials(signal?: AbortSignal): Promise<Credentials> {
    this.#refuseWhenClosed();
    return this.fresh() ?? this.#obtain(signal);
  }

  /** The credentials to use while nothing needs doing about them: nearly always. Else undefined: see {@link getCredentials}. */
  fresh(): Credentials | undefined {
    return this.#isClosed || this.#schedule.nobodyLooks ? undefined : this.#held.fresh?.credentials;
  }

  async #obtain(signal: AbortSignal | undefined): Promise<Credentials> {
    if (this.#schedule.nobodyLooks) await raceAbort(this.#schedule.look(), signal);
    // What another process or an earlier life of this one has stored is served at once, even if it is due.
    if (!this.#held.valid) await raceAbort(this.#schedule.look(), signal);
    if (!this.#held.valid) await raceAbort(this.#schedule.ensure({ reason: 'initial' }), signal);
    else if (this.#refreshes && this.#held.mayHaveEnded) {
      // They are served all the same when the refresh fails: the wall clock may be wrong.
      await raceAbort(this.#schedule.ensure({ reason: 'due' }), signal).catch(() => signal?.throwIfAborted());
    }
    if (this.#refreshes && this.options.clock.monotonic() >= this.#held.dueAt) {
      this.#schedule.inBackground({ reason: 'due' });
    }
    const credentials = this.peek();
    if (!credentials) throw this.#failures.toError();
    return credentials;
  }

  /**
   * Fetch new credentials now, although the current ones are not due. The previous ones die one overlap later, for every
   * process that uses them.
   *
   * @throws {@link BankCardOcrError} `RATE_LIMITED` when the last forced refresh is less than one overlap ago,
   *   `CONFIGURATION` with `role: 'reader'`
   */
  async refresh(): Promise<Credentials> {
    this.#refuseWhenClosed();
    if (!this.#refreshes) throw readersDoNotRefresh();
    return this.#replace({ reason: 'requested', replaces: this.#held.latest?.credentials.generationId });
  }

  /**
   * Get other credentials than those that the vendor rejected: newer ones that somebody has, else by one refresh for all
   * who were rejected.
   *
   * @returns undefined when there are none and a refresh would be too soon: the rejection stands
   * @throws {@link BankCardOcrError} `NO_VALID_TICKET` when the refresh fails
   */
  async replaceRejected(
    rejected: Credentials,
    error: Pick<BankCardOcrError, 'vendorCode' | 'actor'>,
    signal?: AbortSignal,
  ): Promise<Credentials | undefined> {
    const { generation, generationId } = rejected;
    const { vendorCode, actor } = error;
    if (this.#rejectedId !== generationId) {
      this.#rejectedId = generationId;
      this.#events.next({ type: 'credentials-rejected', generation, vendorCode });
    }
    if (this.#blame.covers(generationId, actor)) return undefined;
    this.#foreign.rejected(rejected, error);
    try {
      return await raceAbort(this.#replace({ reason: 'rejected', replaces: generationId }), signal);
    } catch (failure) {
      if (!(failure instanceof RefreshCooldownError)) throw failure;
      this.#foreign.rejectedTooSoon(generationId);
      return undefined;
    }
  }

  /** Note that a request that had been rejected was accepted with these credentials. */
  noteRenewalHelped(credentials: Credentials): void {
    this.#foreign.helped(credentials);
  }

  /**
   * Note that a request was rejected again with other credentials. If its code may mean a malformed request, it is the
   * request that is wrong, and that code starts no refresh of these credentials for one overlap.
   */
  noteRejectedAgain(credentials: Credentials, { actor }: Pick<BankCardOcrError, 'actor'>): void {
    this.#blame.note(credentials.generationId, actor);
    this.#foreign.didNotHelp(credentials);
  }

  /**
   * The SIGN tickets with which the vendor may have signed what a phone reports, newest first: the current one, then
   * earlier ones within `verifyWindowMs`. For verifying only: a request signed with an earlier one is refused.
   */
  get ticketsForVerifying(): readonly SecretText[] {
    return this.#held.ticketsForVerifying;
  }

  /**
   * See whether there are newer credentials: wait for a refresh that runs, then look whether another process has stored
   * some. One look for all who want one; failures are told as events.
   */
  async reload(): Promise<void> {
    this.#refuseWhenClosed();
    await this.#schedule.settled();
    await this.#schedule.lookAfresh();
  }

  /** How the credentials are, for health checks. */
  status(): TicketStatus {
    const { clock, store, role = 'refresher' } = this.options;
    const { description, scope } = store;
    return {
      ...statusOf(this.#held, this.#failures, clock),
      refreshing: this.#schedule.refreshing,
      role,
      foreignRefreshSuspected: this.#foreign.times,
      store: { description, scope },
    };
  }

  /** Nothing is asked of the vendor any more, and credentials that are left would only meet closed connections. */
  #refuseWhenClosed(): void {
    if (!this.#isClosed) return;
    throw new BankCardOcrError('NO_VALID_TICKET', {
      message: 'the module is closed, with its application or its account: nothing is asked of the vendor any more',
      messageZh: '模块已随应用或账号关闭，不再向腾讯云发起请求',
      retryable: false,
    });
  }

  async #replace(wanted: WantedRefresh): Promise<Credentials> {
    for (let tries = 0; tries < TRIES_TO_REPLACE; tries += 1) {
      const credentials = this.peek();
      if (credentials && credentials.generationId !== wanted.replaces) return credentials;
      await this.#schedule.ensure(wanted);
    }
    throw this.#failures.toError();
  }
}

/** What a caller is told who asks a reader to refresh. */
export function readersDoNotRefresh(): BankCardOcrError {
  return new BankCardOcrError('CONFIGURATION', {
    message: "a process with role 'reader' never refreshes: call refresh() in one with role 'refresher'",
  });
}

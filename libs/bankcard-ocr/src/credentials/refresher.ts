import { BankCardOcrError, detailsOf, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { sleep } from '../runtime/abort.js';
import { isOutcomeUncertain, TransportError } from '../vendor/http/transport-error.js';
import type { CredentialCache } from './credential-cache.js';
import type { CredentialContext } from './credential-context.js';
import { ageOrInfinity, dateOf, UNCERTAIN_MS, CachedCredentials } from './credential-lifetime.js';
import { pauseAfter, RefreshCooldownError, RefreshFailed } from './refresh-backoff.js';
import {
  lastForcedAtMs,
  NO_MEMORY,
  planRefresh,
  type RefreshMemory,
  type RefreshPlan,
  type RefreshRequest,
} from './refresh-plan.js';
import type { TicketLease } from './store/ticket-store.js';
import {
  type RecordChange,
  StaleWriteError,
  StoreUnavailableError,
  type TicketRecordRepository,
} from './ticket-record-repository.js';
import { numberAfter, type PendingToken, type TicketRecord } from './ticket-record.js';

export interface RefresherContext extends CredentialContext {
  readonly records: TicketRecordRepository;
  readonly cache: CredentialCache;
}

type FetchPlan = Extract<RefreshPlan, { do: 'finish' | 'request' }>;

/** Carries out what {@link planRefresh} decides, and stores each credential as it arrives (protocol.md section 5). */
export class Refresher {
  #memory: RefreshMemory = NO_MEMORY;
  #id: string | undefined;
  #last: RefreshRecord | undefined;

  constructor(private readonly context: RefresherContext) {}

  /** Read the store; use what is newer there, and put back what it has lost by a failover or by being emptied. */
  async sync(): Promise<TicketRecord | undefined> {
    const { role, records, cache, clock, emit } = this.context;
    let record = await records.read();
    if (this.#last?.hasCrossed(record)) {
      await this.#last.markSuspect();
      record = await records.read();
    }
    cache.adopt(record);
    // What this process uses already, and is still writing, the store has not lost.
    if (this.#last?.isBeingWritten) return record;
    // What another store key has encrypted is not lost: its writer would put it back in its turn, without end.
    const mayLack = role === 'refresher' && records.unreadableIn(record) === undefined;
    const missing = mayLack ? cache.missingIn(record) : undefined;
    const ours = cache.ours(record);
    if (!missing) {
      if (ours) this.#remember({ recordedForcedAt: clock.monotonic() - ageOrInfinity(ours.forcedAtMs, clock) });
      return record;
    }
    try {
      const forcedAtMs = lastForcedAtMs(ours, this.#memory, clock);
      const written = await records.write(record, { ...missing, forcedAtMs, writtenBackAtMs: clock.now() });
      // Of what is there already it is only the number that was put right.
      const isThere = record?.current !== undefined && record.current.id === missing.current?.id;
      if (!isThere) emit({ type: 'store-restored', generation: missing.current?.number ?? 0 });
      return written;
    } catch (error) {
      if (error instanceof StoreUnavailableError) return record;
      if (!(error instanceof StaleWriteError)) throw error;
      // Another process was quicker: what it has put there decides.
      const latest = await records.read();
      cache.adopt(latest);
      return latest;
    }
  }

  async run(request: RefreshRequest): Promise<void> {
    const { role, records, clock, timings } = this.context;
    if (role === 'reader') return this.#waitForOthers(request);
    while (this.#plan(await this.sync(), request).do !== 'serve') {
      const lease = await records.lease(timings.leaseTtlMs);
      const waitMs = lease ? await this.#underLease(lease, request) : timings.leasePollMs;
      if (waitMs <= 0) return;
      await sleep(clock, waitMs, request.signal);
    }
  }

  #plan(record: TicketRecord | undefined, request: RefreshRequest): RefreshPlan {
    const { cache, clock, timings } = this.context;
    const ours = cache.ours(record);
    return planRefresh({ record, ours, cached: cache, memory: this.#memory, request, now: clock, timings });
  }

  /** A reader marks what was rejected in the record, for a refresher to replace, and waits. */
  async #waitForOthers(request: RefreshRequest): Promise<void> {
    const { records, cache, clock, timings } = this.context;
    const rejectedId = request.reason === 'rejected' ? request.replaces : undefined;
    const endsAt = clock.monotonic() + timings.pollMs;
    for (let isFirst = true; ; isFirst = false) {
      const record = await this.sync();
      // A refresher replaces them when they are due.
      if (cache.valid && cache.valid.credentials.generationId !== rejectedId) return;
      const ours = cache.ours(record);
      const isStored = rejectedId !== undefined && ours?.current?.id === rejectedId;
      // A reader whose access to the store is read-only cannot ask; the next scheduled refresh helps it then.
      if (isFirst && isStored && ours.rejectedId !== rejectedId) await records.tryWrite(record, { rejectedId });
      if (clock.monotonic() >= endsAt) {
        if (rejectedId !== undefined) throw new RefreshCooldownError(timings.overlapMs);
        const message =
          "the store has no valid credentials, and a process with role 'reader' fetches none: is a refresher running?";
        throw new BankCardOcrError('NO_VALID_TICKET', { message });
      }
      await sleep(clock, timings.leasePollMs, request.signal);
    }
  }

  /** @returns how long nobody may begin, in milliseconds; 0 when it is done */
  async #underLease(lease: TicketLease, request: RefreshRequest): Promise<number> {
    try {
      const record = await this.sync();
      const plan = this.#plan(record, request);
      if (plan.do === 'serve') return 0;
      if (plan.do === 'wait') return plan.ms;
      if (plan.do === 'back-off') {
        const message = `the refresh has failed ${plan.attempts} times, in another process too; the next try is not due yet`;
        throw new RefreshFailed(new BankCardOcrError('NO_VALID_TICKET', { message }), plan.attempts, plan.ms, true);
      }
      if (plan.do === 'cooldown') throw new RefreshCooldownError(plan.ms);
      const stored = new RefreshRecord(this.context, lease, record, request.attempt);
      await this.context.observeRefresh(request.reason, () => this.#fetch(plan, stored, request));
      return 0;
    } catch (error) {
      throw await this.#shareFailure(error, lease, request);
    } finally {
      await this.context.records.release(lease);
    }
  }

  /** Store that the vendor is in trouble, and when to try again, before others get the lease. */
  async #shareFailure(error: unknown, lease: TicketLease, { attempt, signal }: RefreshRequest): Promise<unknown> {
    const { records, cache, clock, timings, random } = this.context;
    if (!isOfTheVendor(error) || signal.aborted || lease.signal.aborted) return error;
    const latest = await records.read().catch(() => undefined);
    const ours = cache.ours(latest);
    const attempts = Math.max(attempt, (ours?.failed?.attempts ?? 0) + 1);
    const pauseMs = pauseAfter(error, attempts, timings, random);
    // A token that waits for its ticket is tried once more when the overlap ends: from then on it may be replaced.
    const overlapLeftMs = timings.overlapMs - ageOrInfinity(ours?.pending?.tokenRequestedAtMs, clock);
    const retryInMs = overlapLeftMs > 0 ? Math.min(pauseMs, overlapLeftMs) : pauseMs;
    // Without a record, or with one that another secret made, there is nobody to tell.
    if (ours) {
      const id = (this.#id ??= random.id());
      // Without a response it says nothing of the vendor: no other process waits before a second one has failed as well.
      const isAlone = hasNoResponse(error) && (!ours.failed || ours.failed.by === id);
      const by = isAlone ? id : undefined;
      const failed = { attempts, retryAtMs: clock.now() + retryInMs, pauseMs: retryInMs, by };
      await records.write(latest, { failed }, lease).catch(() => undefined);
    }
    return new RefreshFailed(error, attempts, retryInMs);
  }

  async #fetch(plan: FetchPlan, stored: RefreshRecord, request: RefreshRequest): Promise<void> {
    request.signal.throwIfAborted();
    const forced = plan.do === 'request' && plan.forced;
    this.context.emit({ type: 'refresh-started', reason: request.reason, attempt: request.attempt, forced });
    this.#last = stored;
    if (plan.do === 'finish' || plan.isBegun) this.#remember({ isContested: true });
    if (plan.do === 'finish' && !(await this.#isRefused(plan.token, stored))) return;
    request.signal.throwIfAborted();
    const { pending, sentAt } = await this.#fetchToken(stored, forced);
    await this.#fetchTicket(pending, sentAt, stored);
  }

  /** Try to finish with a token that was left; a new one is asked for only when the vendor refuses it. */
  async #isRefused(waiting: PendingToken, stored: RefreshRecord): Promise<boolean> {
    const { clock, timings, emit } = this.context;
    const ageOfTokenMs = ageOrInfinity(waiting.tokenRequestedAtMs, clock);
    try {
      await this.#fetchTicket(waiting, clock.monotonic() - ageOfTokenMs, stored);
      return false;
    } catch (error) {
      if (!isBankCardOcrError(error) || error.vendorCode === undefined) throw error;
      // Within the overlap only the ticket is asked for again, never another token (protocol.md section 5).
      const isFinal = error.code === 'CREDENTIALS_REJECTED' || !error.retryable;
      // By the time now: the timer that wakes at the end of the overlap may be a fraction of a millisecond early.
      const isInOverlap = ageOrInfinity(waiting.tokenRequestedAtMs, clock) < timings.overlapMs;
      if (isInOverlap || !isFinal) throw error;
      this.#remember({ pending: undefined });
      emit({ type: 'pending-token-refused', generation: waiting.number, vendorCode: error.vendorCode });
      return true;
    }
  }

  async #fetchToken(stored: RefreshRecord, forced: boolean): Promise<{ pending: PendingToken; sentAt: number }> {
    const { auth, cache, clock, timings, emit, random } = this.context;
    const number = numberAfter(stored.highestNumber);
    const forcedAt = clock.monotonic();
    await stored.markAsked(forced ? clock.now() : undefined);
    stored.lease.throwIfLost();
    if (forced) this.#remember({ forcedAt });
    const token = await auth.accessToken(stored.attempt, stored.lease.signal).catch(async (thrown: unknown) => {
      const isUnreadable = isUnreadableResponse(thrown);
      const error = isUnreadable ? unreadableToken(thrown, timings.overlapMs) : thrown;
      if (isUnreadable || isOutcomeUncertain(error)) {
        this.#remember({ isContested: true, suspectId: cache.latest?.record.id });
        emit({ type: 'token-request-in-doubt', generation: number });
        await stored.markSuspect();
      } else {
        if (forced) this.#remember({ forcedAt: NO_MEMORY.forcedAt });
        await stored.unmark();
      }
      throw error;
    });
    const pending: PendingToken = {
      number,
      id: random.id(),
      refreshId: stored.id,
      accessToken: token.value,
      tokenRequestedAtMs: dateOf(token.sentAt, clock),
      tokenLifeMs: Math.max(token.lifeMs, timings.overlapMs),
    };
    this.#remember({ pending });
    emit({ type: 'token-pending', generation: number });
    await stored.keep({ pending });
    return { pending, sentAt: token.sentAt.monotonicMs };
  }

  async #fetchTicket(pending: PendingToken, tokenSentAt: number, stored: RefreshRecord): Promise<void> {
    const { auth, cache, clock, timings, random } = this.context;
    stored.lease.throwIfLost();
    const { accessToken, number: generation } = pending;
    const request = { accessToken, generation, attempt: stored.attempt, signal: stored.lease.signal };
    const ticket = await auth.apiTicket(request).catch((error: unknown) => {
      if (isOutcomeUncertain(error)) this.#remember({ isContested: true });
      throw error;
    });
    const current = {
      ...pending,
      // Another process may have put a generation of its own back meanwhile.
      number: Math.max(pending.number, numberAfter(stored.highestGeneration)),
      // Of its own for each ticket: a second ticket of the same token is another generation for those who hold the first.
      id: random.id(),
      signTicket: ticket.value,
      tokenRequestedAtMs: dateOf({ epochMs: pending.tokenRequestedAtMs, monotonicMs: tokenSentAt }, clock),
      ticketRequestedAtMs: dateOf(ticket.sentAt, clock),
      ticketLifeMs: Math.max(ticket.lifeMs, timings.overlapMs),
      ...(this.#memory.isContested && { contested: true }),
    };
    this.#remember({ pending: undefined, isContested: false });
    // To be used at once, also when it cannot be written: the previous one is dying.
    const { monotonicMs, epochMs } = ticket.sentAt;
    const behindWallMs = Math.min(pending.tokenRequestedAtMs - tokenSentAt, epochMs - monotonicMs);
    cache.replace(new CachedCredentials(current, tokenSentAt, monotonicMs, behindWallMs));
    const earlier = cache.earlier.toRecord();
    const finished = { pending: undefined, failed: undefined, rejectedId: undefined, writtenBackAtMs: undefined };
    const forcedAtMs = lastForcedAtMs(stored.ours, this.#memory, clock);
    await stored.keep({ current, earlier, ...finished, forcedAtMs });
  }

  #remember(change: Partial<RefreshMemory>): void {
    this.#memory = { ...this.#memory, ...change };
  }
}

/** Processes without the lease may write as well: what a store had lost, or that a generation is suspect. */
const TRIES = 5;

/** The record of one refresh, written step by step under its lease on top of what was read. */
export class RefreshRecord {
  readonly id: string;
  readonly #knownIds: Set<string | undefined>;
  readonly #begun: TicketRecord | undefined;
  #latest: TicketRecord | undefined;
  #askedAtMs: number;
  #askedLastAtMs: number;
  #hasAsked = false;
  /** The store could not be told what the vendor gave, or may have given. */
  #isUntold = false;
  /** What the vendor gave is on its way into the store: until it has arrived, a read does not bring it. */
  isBeingWritten = false;

  constructor(
    private readonly context: RefresherContext,
    /**
     * Requests must be over before another process may take it. A service that is closed waits for them: one that is given
     * up may be carried out after that of the next process, and end what that one got.
     */
    readonly lease: TicketLease,
    record: TicketRecord | undefined,
    readonly attempt: number,
  ) {
    const { cache, clock, random } = context;
    this.id = random.id();
    this.#latest = record;
    this.#begun = cache.ours(record);
    this.#askedAtMs = this.#askedLastAtMs = clock.now();
    this.#knownIds = new Set([this.#begun?.current?.id, this.#begun?.pending?.id, cache.latest?.record.id]);
  }

  get ours(): TicketRecord | undefined {
    return this.context.cache.ours(this.#latest);
  }

  get highestGeneration(): number {
    const { cache, records } = this.context;
    const numbers = [this.#latest?.current?.number, cache.latest?.record.number, records.unreadableIn(this.#latest)];
    return Math.max(...numbers.map((number) => number ?? 0));
  }

  get highestNumber(): number {
    return Math.max(this.highestGeneration, this.#latest?.pending?.number ?? 0);
  }

  /** Throws when the store cannot be written: a token that cannot be stored must not be asked for. */
  async markAsked(forcedAtMs: number | undefined): Promise<void> {
    this.#askedAtMs = this.#askedLastAtMs = this.context.clock.now();
    this.#hasAsked = true;
    // What was made with another secret is only written over once the vendor has accepted ours.
    if (this.#latest && !this.ours) return;
    const sinceMs = this.#begun?.unanswered?.sinceMs ?? this.#askedAtMs;
    const change = { pending: undefined, unanswered: { sinceMs, by: this.id } };
    await this.#write(forcedAtMs === undefined ? change : { ...change, forcedAtMs });
  }

  /** Take the mark back: the vendor refused in its own words, so that nothing has ended. */
  async unmark(): Promise<void> {
    if (!this.ours) return;
    const { pending, forcedAtMs } = this.#begun ?? {};
    // A token that waited for its ticket, and was refused since, has ended the generation before it all the same.
    const refused = pending && { sinceMs: pending.tokenRequestedAtMs, by: this.id };
    const unanswered = this.#begun?.unanswered ?? refused;
    // A mark that stays by mistake costs a refresh that comes too early, nothing else.
    await this.#write({ unanswered, forcedAtMs }).catch(() => undefined);
  }

  /** Write what the vendor gave. What a store that fails now does not take is written later, by {@link Refresher.sync}. */
  async keep(change: RecordChange): Promise<void> {
    this.#knownIds.add(change.pending?.id).add(change.current?.id);
    this.#askedLastAtMs = change.current?.ticketRequestedAtMs ?? this.#askedLastAtMs;
    this.isBeingWritten = true;
    try {
      // A refresh that has only asked for the ticket of a token leaves a mark of others: their token may have ended this one.
      const mark = this.#begun?.unanswered;
      const isOfThisToken = this.#hasAsked || mark?.by === change.current?.refreshId;
      const unanswered = isOfThisToken ? undefined : mark;
      await this.#write({ ...change, unanswered }).finally(() => (this.isBeingWritten = false));
      this.#isUntold = false;
    } catch (error) {
      this.#isUntold = !(error instanceof StaleWriteError);
      if (this.#isUntold) return;
      // Our token and that of whoever took over end each other.
      await this.markSuspect();
      throw error;
    }
  }

  /** See to it that one more refresh follows, whoever else has written meanwhile. */
  async markSuspect(): Promise<void> {
    const { records, cache, emit, random } = this.context;
    this.#isUntold = false;
    for (let tries = 0; tries < TRIES; tries += 1) {
      try {
        const latest = await records.read();
        const isNeedless = (latest && !cache.ours(latest)) || latest?.unanswered?.by === this.id;
        if (!isNeedless) {
          // Not our mark, which whoever has taken over knows and clears away.
          const unanswered = { sinceMs: this.#askedAtMs, by: random.id() };
          await records.write(latest, { unanswered });
          emit({ type: 'refresh-conflict', generation: latest?.current?.number ?? 0 });
        }
        return;
      } catch (error) {
        if (!(error instanceof StaleWriteError)) break;
      }
    }
    this.#isUntold = true;
  }

  /** Whether another process stored what it asked for at the same time: each ended the other's (section 5). */
  hasCrossed(record: TicketRecord | undefined): boolean {
    if (!this.#isUntold) return false;
    const { current, pending } = this.context.cache.ours(record) ?? {};
    const isAtTheSameTime = (one: PendingToken | undefined, askedLastAtMs = one?.tokenRequestedAtMs ?? 0): boolean => {
      if (!one || this.#knownIds.has(one.id)) return false;
      const isAfter = one.tokenRequestedAtMs >= this.#askedLastAtMs + UNCERTAIN_MS;
      return !isAfter && askedLastAtMs > this.#askedAtMs - UNCERTAIN_MS;
    };
    return isAtTheSameTime(current, current?.ticketRequestedAtMs) || isAtTheSameTime(pending);
  }

  async #write(change: RecordChange): Promise<void> {
    const { records, clock } = this.context;
    let lossMark: Pick<RecordChange, 'writtenBackAtMs'> = {};
    for (let tries = 1; ; tries += 1) {
      try {
        this.#latest = await records.write(this.#latest, { ...lossMark, ...change }, this.lease);
        return;
      } catch (error) {
        if (!(error instanceof StaleWriteError) || tries === TRIES || this.#isLeaseLost) throw error;
        const latest = await records.read();
        if (this.#isOvertaken(latest, change.current?.accessToken)) throw error;
        // The store has lost data, perhaps the lease of this refresh too: whoever takes it waits until this refresh has ended.
        if ((latest?.revision ?? 0) <= (this.#latest?.revision ?? 0)) lossMark = { writtenBackAtMs: clock.now() };
        this.#latest = latest;
      }
    }
  }

  /** By the clock, too: after a suspension the response arrives before the timer of the heartbeat. */
  get #isLeaseLost(): boolean {
    try {
      this.lease.throwIfLost();
      return false;
    } catch {
      return true;
    }
  }

  #isOvertaken(latest: TicketRecord | undefined, accessToken: string | undefined): boolean {
    if (!latest) return false;
    if (!this.context.cache.ours(latest)) return true;
    const { current, pending, unanswered } = latest;
    const isForeignMark = unanswered && unanswered.by !== this.id && unanswered.by !== this.#begun?.unanswered?.by;
    const isForeignToken = pending && !this.#knownIds.has(pending.id);
    if (isForeignMark || isForeignToken) return true;
    if (!current || this.#knownIds.has(current.id)) return false;
    // However old a token is: two tickets of it end each other.
    if (current.accessToken === accessToken) return true;
    return current.tokenRequestedAtMs > this.#askedAtMs - UNCERTAIN_MS;
  }
}

/** Whether the vendor has responded, and that could not be read, or not to its end. */
function isUnreadableResponse(error: unknown): error is BankCardOcrError {
  if (!isBankCardOcrError(error)) return false;
  if (error instanceof TransportError && error.wasCarriedOut) return true;
  return (error.code === 'RESPONSE_MALFORMED' || error.code === 'RESPONSE_TOO_LARGE') && isOutcomeUncertain(error);
}

/** Asking again at once would give another token that cannot be read, and each ends what other processes hold. */
function unreadableToken(error: BankCardOcrError, retryAfterMs: number): BankCardOcrError {
  return new BankCardOcrError(error.code, { ...detailsOf(error), retryable: false, retryAfterMs, cause: error });
}

function hasNoResponse(error: BankCardOcrError): boolean {
  const { code } = error;
  return error instanceof TransportError && !error.wasCarriedOut && (code === 'UNREACHABLE' || code === 'TIMEOUT');
}

function isOfTheVendor(error: unknown): error is BankCardOcrError {
  const isOurs =
    error instanceof RefreshCooldownError || error instanceof StaleWriteError || error instanceof StoreUnavailableError;
  return isBankCardOcrError(error) && !isOurs;
}

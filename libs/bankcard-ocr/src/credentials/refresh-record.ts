import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import { UNCERTAIN_MS } from './credential-lifetime.js';
import type { CredentialCache } from './credential-cache.js';
import type { TicketEventListener } from './ticket-event.js';
import type { TicketLease } from './store/ticket-store.js';
import type { PendingToken, TicketRecord } from './ticket-record.js';
import { StaleWriteError, type RecordChange, type TicketRecordRepository } from './ticket-record-repository.js';

/** Somebody without the lease may write as well: what a store had lost, or that a generation is suspect. */
const TRIES = 5;

/** What a {@link RefreshRecord} works with. */
interface RefreshRecordDependencies {
  readonly records: TicketRecordRepository;
  readonly cache: CredentialCache;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: TicketEventListener;
}

/** The record of one refresh, written step by step under its lease on top of what was read. */
export class RefreshRecord {
  /** By which its mark is known. */
  readonly id: string;
  /** Generations and tokens that were there before, or are our own. */
  readonly #knownIds: Set<string | undefined>;
  readonly #begun: TicketRecord | undefined;
  #latest: TicketRecord | undefined;
  /** When the token was asked for, and what was asked for last. */
  #askedAtMs: number;
  #askedLastAtMs: number;
  /** The store could not be told what the vendor gave, or may have given. */
  #isUntold = false;

  /** @param record what is stored, read under the lease */
  constructor(
    private readonly dependencies: RefreshRecordDependencies,
    private readonly lease: TicketLease,
    record: TicketRecord | undefined,
  ) {
    const { cache, clock, random } = dependencies;
    this.id = random.id();
    this.#latest = record;
    this.#begun = cache.ours(record);
    this.#askedAtMs = this.#askedLastAtMs = clock.now();
    this.#knownIds = new Set([this.#begun?.current?.id, this.#begun?.pending?.id, cache.latest?.record.id]);
  }

  /** What is stored and was made with the app secret of today. */
  get ours(): TicketRecord | undefined {
    return this.dependencies.cache.ours(this.#latest);
  }

  /** The highest number that is in use, that of a token without a ticket included. */
  get highestNumber(): number {
    return Math.max(this.highestGeneration, this.#latest?.pending?.number ?? 0);
  }

  /** The highest number that a generation has. */
  get highestGeneration(): number {
    const { cache, records } = this.dependencies;
    const numbers = [this.#latest?.current?.number, cache.latest?.record.number, records.unreadableIn(this.#latest)];
    return Math.max(...numbers.map((number) => number ?? 0));
  }

  /**
   * Mark, before a token is asked for, that one is: should this process die now, its successor knows what the vendor may
   * have done. What was made with another secret is only written over once the vendor has accepted ours.
   *
   * @throws when the store cannot be written: a token that nobody can store must not be asked for
   */
  async markAsked(forcedAtMs: number | undefined): Promise<void> {
    this.#askedAtMs = this.#askedLastAtMs = this.dependencies.clock.now();
    if (this.#latest && !this.ours) return;
    const sinceMs = this.#begun?.unanswered?.sinceMs ?? this.#askedAtMs;
    const change = { pending: undefined, unanswered: { sinceMs, by: this.id } };
    await this.#write(forcedAtMs === undefined ? change : { ...change, forcedAtMs });
  }

  /** @throws when somebody else may hold the lease by now: then the vendor must not be asked */
  throwIfLeaseLost(): void {
    this.lease.throwIfLost();
  }

  /** Take the mark back: the vendor refused in its own words, so that nothing has ended. */
  async unmark(): Promise<void> {
    if (!this.ours) return;
    const { pending, forcedAtMs } = this.#begun ?? {};
    // A token that waited for its ticket, and was refused since, has begun to end the generation before it all the same.
    const refused = pending && { sinceMs: pending.tokenRequestedAtMs, by: this.id };
    const unanswered = this.#begun?.unanswered ?? refused;
    // A mark that stays by mistake costs a refresh that comes too early, nothing else.
    await this.#write({ unanswered, forcedAtMs }).catch(() => undefined);
  }

  /**
   * Write what the vendor gave. A store that fails now does not cost what was given: it is written later, by whoever
   * notices that the store has not got it.
   *
   * @throws {@link StaleWriteError} when another process has taken over; the stored generation is suspect then
   */
  async keep(change: RecordChange): Promise<void> {
    this.#knownIds.add(change.pending?.id).add(change.current?.id);
    this.#askedLastAtMs = change.current?.ticketRequestedAtMs ?? this.#askedLastAtMs;
    try {
      await this.#write({ ...change, unanswered: undefined });
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
    const { records, cache, emit, random } = this.dependencies;
    // While it is being told, no sync need do so as well.
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

  /**
   * Whether another process has stored what it had asked for at the same time as this refresh, of which the store could not
   * be told: each has ended what the other one got (protocol.md section 5), and only this process knows.
   */
  hasCrossed(record: TicketRecord | undefined): boolean {
    if (!this.#isUntold) return false;
    const { current, pending } = this.dependencies.cache.ours(record) ?? {};
    const isAtTheSameTime = (one: PendingToken | undefined, askedLastAtMs = one?.tokenRequestedAtMs ?? 0): boolean => {
      if (!one || this.#knownIds.has(one.id)) return false;
      const isAfter = one.tokenRequestedAtMs >= this.#askedLastAtMs + UNCERTAIN_MS;
      return !isAfter && askedLastAtMs > this.#askedAtMs - UNCERTAIN_MS;
    };
    return isAtTheSameTime(current, current?.ticketRequestedAtMs) || isAtTheSameTime(pending);
  }

  /** Write on top of what is there, as long as nobody else has refreshed. */
  async #write(change: RecordChange): Promise<void> {
    const { records, clock } = this.dependencies;
    let lossMark: Pick<RecordChange, 'writtenBackAtMs'> = {};
    for (let tries = 1; ; tries += 1) {
      try {
        this.#latest = await records.write(this.#latest, { ...lossMark, ...change }, this.lease);
        return;
      } catch (error) {
        if (!(error instanceof StaleWriteError) || tries === TRIES || this.lease.signal.aborted) throw error;
        const latest = await records.read();
        if (this.#isOvertaken(latest, change.current?.accessToken)) throw error;
        // The store was emptied or failed over, or somebody has put back what it had lost. It may have lost the lease of
        // this refresh too: whoever takes it is told to wait until this refresh has ended.
        if ((latest?.revision ?? 0) <= (this.#latest?.revision ?? 0)) lossMark = { writtenBackAtMs: clock.now() };
        this.#latest = latest;
      }
    }
  }

  /** @param accessToken of the generation that is to be written */
  #isOvertaken(latest: TicketRecord | undefined, accessToken: string | undefined): boolean {
    if (!latest) return false;
    if (!this.dependencies.cache.ours(latest)) return true;
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

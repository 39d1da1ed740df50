import type { SecretText } from '../runtime/secret-text.js';
import type { CredentialContext } from './credential-context.js';
import {
  askedAtLatestMs,
  behindMs,
  CLOCK_STEP_MS,
  dueAt,
  hold,
  type CachedCredentials,
  holdStored,
  isNewer,
  leaptMs,
  recordOf,
  wasAskedForAfter,
} from './credential-lifetime.js';
import { RetiredTickets } from './retired-tickets.js';
import { isUnfinished, numberAfter, type TicketRecord } from './ticket-record.js';
import type { RecordChange } from './ticket-record-repository.js';

/** Jitter only makes a refresh earlier, and is short: another process takes over soon when the refresher crashes. */
const MOST_JITTER = 0.02;

/** The generation that this process uses, when its refresh is due, and the tickets of earlier generations. */
export class CredentialCache {
  #cached: { readonly held: CachedCredentials; readonly dueAt: number } | undefined;
  #otherSecret: string | undefined;
  #stored: TicketRecord | undefined;
  readonly #earlier: RetiredTickets;

  constructor(
    private readonly context: Pick<
      CredentialContext,
      'clock' | 'timings' | 'random' | 'emit' | 'secretFingerprint' | 'verifyWindowMs'
    >,
  ) {
    this.#earlier = new RetiredTickets(context.clock, context.timings.intervalMs, context.verifyWindowMs);
  }

  get latest(): CachedCredentials | undefined {
    return this.#cached?.held;
  }

  get valid(): CachedCredentials | undefined {
    return this.latest && this.#now < this.latest.endsAt ? this.latest : undefined;
  }

  get fresh(): CachedCredentials | undefined {
    const { latest } = this;
    return latest && this.#now < Math.min(latest.endsAt, this.dueAt) ? latest : undefined;
  }

  get #now(): number {
    return this.context.clock.monotonic();
  }

  /** Valid by the monotonic clock, expired by the wall clock: that was set, or the machine suspended. */
  get mayHaveEnded(): boolean {
    const held = this.valid;
    return held !== undefined && this.#now >= held.endsAt - leaptMs(held, this.context.clock);
  }

  get isAgeInDoubt(): boolean {
    const held = this.latest;
    return held !== undefined && Math.abs(behindMs(this.context.clock) - held.behindMs) > CLOCK_STEP_MS;
  }

  /** Whether the record last read shows an unfinished refresh: the cached generation may be in its overlap. */
  get isBeingReplaced(): boolean {
    return isUnfinished(this.#stored);
  }

  /** Whether the store has lost data since the last refresh, perhaps the mark of an unfinished one. */
  get hasStoreLost(): boolean {
    return this.#stored?.writtenBackAtMs !== undefined;
  }

  /** On the monotonic clock. A leap of the wall clock counts as age: that of a suspended machine stands still. */
  get dueAt(): number {
    const { valid } = this;
    return valid && this.#cached ? this.#cached.dueAt - leaptMs(valid, this.context.clock) : this.#now;
  }

  get ticketsForVerifying(): readonly SecretText[] {
    const { latest } = this;
    if (!latest) return [];
    // Once it has expired without a successor, it is kept as if it had been replaced at that time.
    const usable = this.valid || this.#earlier.isInWindow({ replacedAt: latest.endsAt, endsAt: latest.endsAt });
    return [...(usable ? [latest.credentials.signTicket] : []), ...this.#earlier.tickets];
  }

  /** Cache what this process fetched, unless the cached generation, of a process whose lease the store lost, is later. */
  replace(held: CachedCredentials): void {
    if (this.latest && wasAskedForAfter(this.latest, held)) return;
    this.#take(held, 'refresh');
  }

  adopt(record: TicketRecord | undefined): void {
    const { clock } = this.context;
    const ours = this.ours(record);
    this.#stored = ours;
    this.#earlier.merge(ours?.earlier);
    const stored = ours?.current;
    const latest = this.latest && recordOf(this.latest, clock);
    if (!stored) return;
    if (stored.id === latest?.id) return this.#renumber(stored.number);
    if (latest && this.latest && !isNewer(stored, latest, askedAtLatestMs(this.latest, clock))) return;
    // After a store was emptied, another process may have restarted the count; numbers here never decrease.
    const number = Math.max(stored.number, numberAfter(latest?.number ?? 0));
    const held = holdStored({ ...stored, number }, clock);
    if (held) this.#take(held, 'store');
    else this.#earlier.addEnded(stored);
  }

  /** What a store has lost when it was emptied or failed over: the cached generation, or its number. */
  missingIn(record: TicketRecord | undefined): RecordChange | undefined {
    const { valid } = this;
    const { clock } = this.context;
    if (!valid || (record && !this.ours(record))) return undefined;
    const held = recordOf(valid, clock);
    const stored = record?.current;
    const isSame = stored?.id === held.id;
    const isThere = isSame
      ? stored.number >= held.number
      : stored && isNewer(stored, held, askedAtLatestMs(valid, clock));
    if (isThere) return undefined;
    const number = Math.max(held.number, stored && !isSame ? numberAfter(stored.number) : 0);
    // The ticket of this pending token is cached already.
    const isFinished = record?.pending?.accessToken === held.accessToken;
    const isAnswered = record?.unanswered !== undefined && record.unanswered.by === held.refreshId;
    return {
      current: { ...held, number },
      earlier: this.earlierForRecord,
      ...(isFinished && { pending: undefined }),
      ...(isAnswered && { unanswered: undefined }),
    };
  }

  get earlierForRecord(): TicketRecord['earlier'] {
    return this.#earlier.toRecord();
  }

  ours(record: TicketRecord | undefined): TicketRecord | undefined {
    if (!record || record.secretFingerprint === this.context.secretFingerprint) return record;
    if (this.#otherSecret !== record.secretFingerprint) {
      this.#otherSecret = record.secretFingerprint;
      this.context.emit({ type: 'secret-changed' });
    }
    return undefined;
  }

  #renumber(number: number): void {
    if (!this.#cached || number <= this.#cached.held.record.number) return;
    const { record, beganAt, ticketBeganAt, behindMs: behind } = this.#cached.held;
    this.#cached = { ...this.#cached, held: hold({ ...record, number }, beganAt, ticketBeganAt, behind) };
  }

  #take(held: CachedCredentials, source: 'refresh' | 'store'): void {
    const { timings, random, emit } = this.context;
    const { intervalMs, overlapMs, longestJitterMs } = timings;
    if (this.latest) this.#earlier.add(this.latest, Math.min(held.beganAt, this.latest.endsAt));
    const jitterMs = random.next() * Math.min(intervalMs * MOST_JITTER, longestJitterMs);
    this.#cached = { held, dueAt: dueAt(held, intervalMs, overlapMs) - jitterMs };
    const { generation, generationId } = held.credentials;
    const remainingMs = Math.round(held.endsAt - this.#now);
    emit({ type: 'credentials-updated', generation, generationId, source, remainingMs });
  }
}

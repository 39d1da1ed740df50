import type { Clock } from '../runtime/clock.js';
import { SecretText } from '../runtime/secret-text.js';
import type { CredentialContext } from './credential-context.js';
import {
  askedAtLatestMs,
  behindMs,
  CLOCK_STEP_MS,
  dueAt,
  endsAtMs,
  holdStored,
  isNewer,
  leaptMs,
  recordOf,
  wasAskedForAfter,
  CachedCredentials,
} from './credential-lifetime.js';
import {
  type GenerationRecord,
  isUnfinished,
  numberAfter,
  type RetiredTicket,
  type TicketRecord,
} from './ticket-record.js';
import type { RecordChange } from './ticket-record-repository.js';

/** Jitter only makes a refresh earlier, and is short: another process takes over soon when the refresher crashes. */
const MOST_JITTER = 0.02;

/** The generation that this process uses, when its refresh is due, and the tickets of earlier generations. */
export class CredentialCache {
  /** Also after it has expired. */
  latest: CachedCredentials | undefined;
  #dueAt = 0;
  #otherSecret: string | undefined;
  #stored: TicketRecord | undefined;
  readonly earlier: RetiredTickets;

  constructor(private readonly context: CredentialContext) {
    this.earlier = new RetiredTickets(context.clock, context.timings.intervalMs, context.verifyWindowMs);
  }

  get valid(): CachedCredentials | undefined {
    return this.latest && this.#now < this.latest.endsAt ? this.latest : undefined;
  }

  get fresh(): CachedCredentials | undefined {
    const { latest } = this;
    if (!latest) return undefined;
    const { clock } = this.context;
    // Every query asks: each clock is read once.
    const now = clock.monotonic();
    return now < Math.min(latest.endsAt, this.#dueAt - leaptMs(latest, clock, now)) ? latest : undefined;
  }

  get #now(): number {
    return this.context.clock.monotonic();
  }

  /** Valid by the monotonic clock, expired by the wall clock: that was set, or the machine suspended. */
  get mayHaveEnded(): boolean {
    const held = this.valid;
    return held !== undefined && this.#now >= held.endsAt - leaptMs(held, this.context.clock);
  }

  /** Whether the record last read shows an unfinished refresh: the cached generation may be in its overlap. */
  get isBeingReplaced(): boolean {
    return isUnfinished(this.#stored);
  }

  /** It may have ended while the machine was suspended, or by a refresh of ours that the store has forgotten. */
  get isEndInDoubt(): boolean {
    const { latest } = this;
    if (!latest) return false;
    const isAgeInDoubt = Math.abs(behindMs(this.context.clock) - latest.behindMs) > CLOCK_STEP_MS;
    return isAgeInDoubt || this.#stored?.writtenBackAtMs !== undefined || latest.record.contested === true;
  }

  /** On the monotonic clock. A leap of the wall clock counts as age: that of a suspended machine stands still. */
  get dueAt(): number {
    const { valid } = this;
    return valid ? this.#dueAt - leaptMs(valid, this.context.clock) : this.#now;
  }

  get ticketsForVerifying(): readonly SecretText[] {
    const { latest } = this;
    if (!latest) return [];
    // Once it has expired without a successor, it is kept as if it had been replaced at that time.
    const usable = this.valid || this.earlier.isInWindow(latest.endsAt, latest.endsAt);
    return [...(usable ? [latest.credentials.signTicket] : []), ...this.earlier.tickets];
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
    this.earlier.merge(ours?.earlier);
    const stored = ours?.current;
    const latest = this.latest && recordOf(this.latest, clock);
    if (!stored) return;
    if (stored.id === latest?.id) return this.#renumber(stored.number);
    if (latest && this.latest && !isNewer(stored, latest, askedAtLatestMs(this.latest, clock))) return;
    // After a store was emptied, another process may have restarted the count; numbers here never decrease.
    const number = Math.max(stored.number, numberAfter(latest?.number ?? 0));
    const held = holdStored({ ...stored, number }, clock);
    if (held) this.#take(held, 'store');
    else this.earlier.addEnded(stored);
  }

  /** What a store has lost when it was emptied or failed over: the cached generation, or its number. */
  missingIn(record: TicketRecord | undefined): RecordChange | undefined {
    const { valid } = this;
    const { clock } = this.context;
    if (!valid || (record && !this.ours(record))) return undefined;
    const held = recordOf(valid, clock);
    const stored = record?.current;
    const isSame = stored?.id === held.id;
    const isAnswered = record?.unanswered !== undefined && record.unanswered.by === held.refreshId;
    // The ticket of this pending token is cached already.
    const isFinished = record?.pending?.accessToken === held.accessToken;
    // Two refreshes have crossed, and one more that replaces both follows: clocks that were set need not decide.
    const isRival = stored?.number === held.number && isUnfinished(record) && !isAnswered && !isFinished;
    const isThere = isSame
      ? stored.number >= held.number
      : isRival || (stored && isNewer(stored, held, askedAtLatestMs(valid, clock)));
    if (isThere) return undefined;
    const number = Math.max(held.number, stored && !isSame ? numberAfter(stored.number) : 0);
    return {
      current: { ...held, number },
      earlier: this.earlier.toRecord(),
      ...(isFinished && { pending: undefined }),
      ...(isAnswered && { unanswered: undefined }),
    };
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
    if (!this.latest || number <= this.latest.record.number) return;
    const { record, beganAt, ticketBeganAt, behindMs: behind } = this.latest;
    this.latest = new CachedCredentials({ ...record, number }, beganAt, ticketBeganAt, behind);
  }

  #take(held: CachedCredentials, source: 'refresh' | 'store'): void {
    const { timings, random, emit } = this.context;
    const { intervalMs, overlapMs, longestJitterMs } = timings;
    if (this.latest) this.earlier.add(this.latest, Math.min(held.beganAt, this.latest.endsAt));
    const jitterMs = random.next() * Math.min(intervalMs * MOST_JITTER, longestJitterMs);
    this.latest = held;
    this.#dueAt = dueAt(held, intervalMs, overlapMs) - jitterMs;
    const { generation, generationId } = held.credentials;
    const remainingMs = Math.round(held.endsAt - this.#now);
    emit({ type: 'credentials-updated', generation, generationId, source, remainingMs });
  }
}

/** However often generations are replaced, a record stays small. */
const MOST = 64;

/** SIGN tickets of replaced generations, for verifying what a phone reports late, never for signing (section 4). */
export class RetiredTickets {
  /** Their times are on the monotonic clock. */
  #tickets: readonly RetiredTicket[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
    private readonly verifyWindowMs: number | undefined,
  ) {}

  /** Keep the ticket of a generation that another one, whose token was asked for at `replacedAt`, replaces. */
  add({ record: { number, id, signTicket }, endsAt }: CachedCredentials, replacedAt: number): void {
    this.#keep([{ number, id, signTicket, replacedAtMs: replacedAt, endsAtMs: endsAt }]);
  }

  addEnded(record: GenerationRecord): void {
    const { number, id, signTicket } = record;
    const endedAtMs = endsAtMs(record);
    // From the future: the clock was set back, and nobody knows when it ends.
    if (endedAtMs <= this.clock.now()) {
      this.merge([{ number, id, signTicket, replacedAtMs: endedAtMs, endsAtMs: endedAtMs }]);
    }
  }

  merge(recorded: readonly RetiredTicket[] = []): void {
    this.#keep(recorded.map((ticket) => shifted(ticket, -behindMs(this.clock))));
  }

  toRecord(): readonly RetiredTicket[] | undefined {
    const recorded = this.#kept.map((ticket) => shifted(ticket, behindMs(this.clock), 0));
    return recorded.length > 0 ? recorded : undefined;
  }

  get tickets(): readonly SecretText[] {
    return this.#kept.map(({ signTicket }) => new SecretText(signTicket));
  }

  isInWindow(replacedAt: number, endsAt: number): boolean {
    const defaultMs = Math.max(this.intervalMs, endsAt - replacedAt);
    return this.clock.monotonic() < replacedAt + (this.verifyWindowMs ?? defaultMs);
  }

  get #kept(): readonly RetiredTicket[] {
    return this.#tickets.filter(({ replacedAtMs, endsAtMs: end }) => this.isInWindow(replacedAtMs, end));
  }

  #keep(tickets: readonly RetiredTicket[]): void {
    const known = new Set(this.#tickets.map(({ id }) => id));
    const all = [...this.#kept, ...tickets.filter(({ id }) => !known.has(id))];
    this.#tickets = all.sort((a, b) => b.replacedAtMs - a.replacedAtMs).slice(0, MOST);
  }
}

/** Between the wall clock, whose times are not negative, and the monotonic one. */
function shifted(ticket: RetiredTicket, byMs: number, earliestMs = Number.NEGATIVE_INFINITY): RetiredTicket {
  const shift = (ms: number): number => Math.max(earliestMs, ms + byMs);
  return { ...ticket, replacedAtMs: shift(ticket.replacedAtMs), endsAtMs: shift(ticket.endsAtMs) };
}

import type { Clock } from '../runtime/clock.js';
import { SecretText } from '../runtime/secret-text.js';
import { behindMs, type CachedCredentials, endsAtMs } from './credential-lifetime.js';
import type { GenerationRecord, RetiredTicket } from './ticket-record.js';

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

import type { Clock } from '../runtime/clock.js';
import { SecretText } from '../runtime/secret-text.js';
import { behindMs, type CachedCredentials, endsAtMs } from './credential-lifetime.js';
import type { GenerationRecord, RetiredTicket } from './ticket-record.js';

type Moments = { readonly replacedAt: number; readonly endsAt: number };
type KeptTicket = Pick<RetiredTicket, 'number' | 'id' | 'signTicket'> & Moments;

/** However often generations are replaced, a record stays small. */
const MOST = 64;

/** SIGN tickets of replaced generations, for verifying what a phone reports late, never for signing (section 4). */
export class RetiredTickets {
  #tickets: readonly KeptTicket[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
    private readonly verifyWindowMs: number | undefined,
  ) {}

  /** Keep the ticket of a generation that another one, whose token was asked for at `replacedAt`, replaces. */
  add({ record: { number, id, signTicket }, endsAt }: CachedCredentials, replacedAt: number): void {
    this.#keep([{ number, id, signTicket, replacedAt, endsAt }]);
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
    const offsetMs = behindMs(this.clock);
    this.#keep(
      recorded.map(({ replacedAtMs, endsAtMs: ms, ...ticket }) => {
        return { ...ticket, replacedAt: replacedAtMs - offsetMs, endsAt: ms - offsetMs };
      }),
    );
  }

  toRecord(): readonly RetiredTicket[] | undefined {
    const offsetMs = behindMs(this.clock);
    const recorded = this.#kept.map(({ replacedAt, endsAt, ...ticket }) => {
      return { ...ticket, replacedAtMs: Math.max(0, replacedAt + offsetMs), endsAtMs: Math.max(0, endsAt + offsetMs) };
    });
    return recorded.length > 0 ? recorded : undefined;
  }

  get tickets(): readonly SecretText[] {
    return this.#kept.map(({ signTicket }) => new SecretText(signTicket));
  }

  isInWindow({ replacedAt, endsAt }: Moments): boolean {
    const { intervalMs, verifyWindowMs } = this;
    const defaultMs = Math.max(intervalMs, endsAt - replacedAt);
    return this.clock.monotonic() < replacedAt + (verifyWindowMs ?? defaultMs);
  }

  get #kept(): readonly KeptTicket[] {
    return this.#tickets.filter((ticket) => this.isInWindow(ticket));
  }

  #keep(tickets: readonly KeptTicket[]): void {
    const known = new Set(this.#tickets.map(({ id }) => id));
    const all = [...this.#kept, ...tickets.filter(({ id }) => !known.has(id))];
    this.#tickets = all.sort((a, b) => b.replacedAt - a.replacedAt).slice(0, MOST);
  }
}

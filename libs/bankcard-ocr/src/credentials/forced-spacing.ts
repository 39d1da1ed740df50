import type { Clock } from '../runtime/clock.js';
import { ageMs } from './freshness.js';
import { RefreshCooldownError } from './refresh-too-soon.js';
import type { TicketRecord } from './ticket-record.js';

/**
 * Keeps forced refreshes one overlap apart: each ends what others still use. The record tells of other processes, the
 * memory of this one of what the store may have lost.
 */
export class ForcedRefreshCooldown {
  /** When this process began one, on the monotonic clock. */
  #beganAt = Number.NEGATIVE_INFINITY;
  /** When any process did, as the store last told. */
  #recordedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly overlapMs: number,
  ) {}

  /** Remember what a store says that has lost nothing. */
  note(record: TicketRecord): void {
    this.#recordedAt = this.clock.monotonic() - this.#ageIn(record);
  }

  /** @throws {@link RefreshCooldownError} */
  check(record: TicketRecord | undefined): void {
    const sinceMs = Math.min(this.#ageIn(record), this.clock.monotonic() - this.#beganAt);
    if (sinceMs < this.overlapMs) throw new RefreshCooldownError(this.overlapMs - sinceMs);
  }

  /** A forced refresh begins now. @returns the moment for the record */
  begin(): number {
    this.#beganAt = this.clock.monotonic();
    return this.clock.now();
  }

  /** It did not take place after all: the vendor was not asked, or refused it, so that it ended nothing. */
  takeBack(): void {
    this.#beganAt = Number.NEGATIVE_INFINITY;
  }

  /** When the last one began, as a record tells it that may have lost it; undefined when there was none. */
  latest(record: TicketRecord | undefined): number | undefined {
    const now = this.clock.monotonic();
    const sinceMs = now - Math.max(this.#beganAt, this.#recordedAt, now - this.#ageIn(record));
    return Number.isFinite(sinceMs) ? Math.max(0, this.clock.now() - sinceMs) : undefined;
  }

  #ageIn(record: TicketRecord | undefined): number {
    const age = record?.forcedAtMs === undefined ? undefined : ageMs(record.forcedAtMs, this.clock);
    return age ?? Number.POSITIVE_INFINITY;
  }
}

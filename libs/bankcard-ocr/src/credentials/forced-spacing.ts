import type { Clock } from '../clock.js';
import { ageMs } from './freshness.js';
import { RefreshTooSoon } from './refresh-too-soon.js';
import type { TicketRecord } from './ticket-record.js';

/**
 * Keeps forced refreshes one overlap apart: each ends what others still use. The record tells of other processes, the
 * memory of this one of what the store may have lost.
 */
export class ForcedSpacing {
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly overlapMs: number,
  ) {}

  /** @throws {@link RefreshTooSoon} */
  check(record: TicketRecord | undefined): void {
    const { clock, overlapMs } = this;
    const recordedAgeMs = record?.forcedAtMs === undefined ? undefined : ageMs(record.forcedAtMs, clock);
    const sinceMs = Math.min(recordedAgeMs ?? Infinity, clock.monotonic() - this.#lastAt);
    if (sinceMs < overlapMs) throw new RefreshTooSoon(overlapMs - sinceMs);
  }

  /** A forced refresh begins now. @returns the moment for the record */
  begin(): number {
    this.#lastAt = this.clock.monotonic();
    return this.clock.now();
  }

  /** It did not take place after all: the vendor refused it, so that it ended nothing. */
  takeBack(): void {
    this.#lastAt = Number.NEGATIVE_INFINITY;
  }
}

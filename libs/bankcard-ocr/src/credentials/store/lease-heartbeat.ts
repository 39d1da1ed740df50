import type { Clock, ClockTimer } from '../../runtime/clock.js';
import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { behindMs } from '../credential-lifetime.js';
import type { TicketLease } from './ticket-store.js';

const BEATS_PER_TTL = 4;
/** The part of that time after which a holder without a heartbeat stops: timers are late under load. */
const END_AT = 0.8;

/** Keeps a lease alive by heartbeats, and ends the work of a holder without them before another process may take it over. */
export class LeaseHeartbeat implements TicketLease {
  readonly #lost = new AbortController();
  readonly signal: AbortSignal = this.#lost.signal;
  #beats: ClockTimer;
  #endsAt: number;
  /** By how much the monotonic clock was behind the wall clock at the last heartbeat. */
  #behindMs: number;
  #end: ClockTimer | undefined;
  #beating: Promise<void> | undefined;

  /** `takenAt` is monotonic; `beat` is false when another process has the lease, and throws when that is unknown. */
  constructor(
    readonly id: string,
    private readonly ttlMs: number,
    takenAt: number,
    private readonly beat: () => Promise<boolean>,
    private readonly free: () => Promise<unknown>,
    private readonly clock: Clock,
  ) {
    this.#behindMs = behindMs(clock);
    this.#endsAt = this.#endAfter(takenAt);
    this.#beats = this.#nextBeat();
  }

  throwIfLost(): void {
    if (this.#hasEnded) this.#lose();
    this.signal.throwIfAborted();
  }

  /** No further heartbeat is under way when the lease is free. A release that fails costs the next holder a wait. */
  async release(): Promise<void> {
    this.#beats.cancel();
    this.#end?.cancel();
    await this.#beating;
    this.#end?.cancel();
    await this.free().catch(() => undefined);
  }

  /** The monotonic clock of a machine that is suspended stands still, and the lease lapses all the same. */
  get #hasEnded(): boolean {
    const leaptMs = Math.max(0, behindMs(this.clock) - this.#behindMs);
    return this.clock.monotonic() + leaptMs >= this.#endsAt;
  }

  #nextBeat(): ClockTimer {
    return this.clock.setTimer(() => {
      this.#beats = this.#nextBeat();
      this.#beating ??= this.#beatOnce().finally(() => (this.#beating = undefined));
    }, this.ttlMs / BEATS_PER_TTL);
  }

  async #beatOnce(): Promise<void> {
    // Others may have had the lease since and given it back: then a store would let it be renewed.
    if (this.#hasEnded) return this.#lose();
    const sentAt = this.clock.monotonic();
    const behindNowMs = behindMs(this.clock);
    try {
      if (!(await this.beat())) return this.#lose();
      this.#behindMs = behindNowMs;
      this.#endsAt = this.#endAfter(sentAt);
    } catch {
      // The next one may succeed; if none does, the end comes in time.
    }
  }

  #endAfter(lastSignAt: number): number {
    const endsAt = lastSignAt + this.ttlMs * END_AT;
    this.#end?.cancel();
    this.#end = this.clock.setTimer(() => this.#lose(), Math.max(0, endsAt - this.clock.monotonic()));
    return endsAt;
  }

  #lose(): void {
    const message = 'the lease was lost in the middle of a refresh: another process may have taken it over';
    this.#lost.abort(new BankCardOcrError('NO_VALID_TICKET', { message, actor: 'application' }));
  }
}

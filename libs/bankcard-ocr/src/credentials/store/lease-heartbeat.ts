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
  #timer: ClockTimer | undefined;
  #endsAt: number;
  /** By how much the monotonic clock was behind the wall clock at the last heartbeat. */
  #behindMs: number;
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
    this.#endsAt = takenAt + ttlMs * END_AT;
    this.#sleep();
  }

  throwIfLost(): void {
    if (this.#hasEnded) this.#lose();
    this.signal.throwIfAborted();
  }

  /** No further heartbeat is under way when the lease is free. A release that fails costs the next holder a wait. */
  async release(): Promise<void> {
    this.#timer?.cancel();
    await this.#beating;
    await this.free().catch(() => undefined);
  }

  /** The monotonic clock of a machine that is suspended stands still, and the lease lapses all the same. */
  get #hasEnded(): boolean {
    const leaptMs = Math.max(0, behindMs(this.clock) - this.#behindMs);
    return this.clock.monotonic() + leaptMs >= this.#endsAt;
  }

  /** Until the next heartbeat, or until the lease ends: timers fire up to a millisecond early. */
  #sleep(): void {
    const leftMs = Math.max(1, this.#endsAt - this.clock.monotonic());
    this.#timer = this.clock.setTimer(() => this.#wake(), Math.min(this.ttlMs / BEATS_PER_TTL, leftMs));
  }

  #wake(): void {
    // Others may have had the lease since and given it back: then a store would let it be renewed.
    if (this.signal.aborted || this.#hasEnded) return this.#lose();
    this.#beating ??= this.#beatOnce().finally(() => (this.#beating = undefined));
    this.#sleep();
  }

  async #beatOnce(): Promise<void> {
    const sentAt = this.clock.monotonic();
    const behindNowMs = behindMs(this.clock);
    try {
      if (!(await this.beat())) return this.#lose();
      this.#behindMs = behindNowMs;
      this.#endsAt = sentAt + this.ttlMs * END_AT;
    } catch {
      // The next one may succeed; if none does, the end comes in time.
    }
  }

  #lose(): void {
    const message = 'the lease was lost in the middle of a refresh: another process may have taken it over';
    this.#lost.abort(new BankCardOcrError('NO_VALID_TICKET', { message, actor: 'application' }));
  }
}

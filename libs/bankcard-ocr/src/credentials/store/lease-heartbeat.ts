import type { Clock, ClockTimer } from '../../runtime/clock.js';
import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { SYSTEM_RUNTIME } from '../../runtime/random.js';
import type { TicketLease } from './ticket-store.js';

/** A live holder gives so many signs of life within the time after which it would count as dead. */
const SIGNS_OF_LIFE_PER_TTL = 4;
/** What a holder does ends so much earlier than others may take it for dead: timers are late under load. */
const END_AT = 0.8;

/**
 * Keeps a lease alive by signs of life, and ends the work of a holder that cannot give them before anybody else may take
 * it for dead. Times are those of the process, never of a clock that a test moves by hand.
 */
export class LeaseHeartbeat {
  readonly #lost = new AbortController();
  /** Aborted when the lease was lost, or may be soon. */
  readonly signal: AbortSignal = this.#lost.signal;
  #beats: ClockTimer;
  /** When the work has to end, unless there is another sign of life; on the monotonic clock. */
  #endsAt: number;
  /** By how much the monotonic clock was behind the wall clock at the last sign of life. */
  #behindMs: number;
  #end: ClockTimer | undefined;
  #beating: Promise<void> | undefined;

  /**
   * @param takenAt when the lease was asked for, on the monotonic clock
   * @param beat gives a sign of life; false when somebody else holds the lease, and throws when that cannot be known
   */
  constructor(
    private readonly ttlMs: number,
    takenAt: number,
    private readonly beat: () => Promise<boolean>,
    private readonly clock: Clock = SYSTEM_RUNTIME.clock,
  ) {
    this.#behindMs = this.#behindNowMs;
    this.#endsAt = this.#endAfter(takenAt);
    this.#beats = this.#nextBeat();
  }

  throwIfLost(): void {
    if (this.#hasEnded) this.#lose();
    this.signal.throwIfAborted();
  }

  /** No further sign of life is under way when the promise resolves. */
  async stop(): Promise<void> {
    this.#beats.cancel();
    this.#end?.cancel();
    await this.#beating;
    this.#end?.cancel();
  }

  /** The monotonic clock of a machine that is suspended stands still, and the lease lapses all the same. */
  get #hasEnded(): boolean {
    const leaptMs = Math.max(0, this.#behindNowMs - this.#behindMs);
    return this.clock.monotonic() + leaptMs >= this.#endsAt;
  }

  get #behindNowMs(): number {
    return this.clock.now() - this.clock.monotonic();
  }

  #nextBeat(): ClockTimer {
    return this.clock.setTimer(() => {
      this.#beats = this.#nextBeat();
      this.#beating ??= this.#beatOnce().finally(() => (this.#beating = undefined));
    }, this.ttlMs / SIGNS_OF_LIFE_PER_TTL);
  }

  async #beatOnce(): Promise<void> {
    // Others may have had the lease since and given it back: then a store would let it be renewed.
    if (this.#hasEnded) return this.#lose();
    const sentAt = this.clock.monotonic();
    const behindMs = this.#behindNowMs;
    try {
      if (!(await this.beat())) return this.#lose();
      this.#behindMs = behindMs;
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

/** A lease that heartbeats keep until it is released. A release that fails costs the next holder a wait, nothing else. */
export function leaseKeptBy(id: string, heartbeat: LeaseHeartbeat, free: () => Promise<unknown>): TicketLease {
  return {
    id,
    signal: heartbeat.signal,
    throwIfLost: () => heartbeat.throwIfLost(),
    release: async () => {
      await heartbeat.stop();
      await free().catch(() => undefined);
    },
  };
}

import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';

/** A live holder gives so many signs of life within the time after which it would count as dead. */
const SIGNS_OF_LIFE_PER_TTL = 4;
/** What a holder does ends so much earlier than others may take it for dead: timers are late under load. */
const END_AT = 0.8;

/**
 * Keeps a lease alive by signs of life, and ends the work of a holder that cannot give them before anybody else may take
 * it for dead. Times are real: they concern real processes.
 */
export class LeaseHeartbeat {
  readonly #lost = new AbortController();
  /** Aborted when the lease was lost, or may be soon. */
  readonly signal: AbortSignal = this.#lost.signal;
  readonly #beats: NodeJS.Timeout;
  /** When the work has to end, unless there is another sign of life; on `performance.now()`. */
  #endsAt: number;
  #end: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;

  /**
   * @param takenAt when the lease was asked for, on `performance.now()`
   * @param beat gives a sign of life; false when somebody else holds the lease, and throws when that cannot be known
   */
  constructor(
    private readonly ttlMs: number,
    takenAt: number,
    private readonly beat: () => Promise<boolean>,
  ) {
    this.#endsAt = this.#endAfter(takenAt);
    this.#beats = setInterval(() => {
      this.#beating ??= this.#beatOnce().finally(() => (this.#beating = undefined));
    }, ttlMs / SIGNS_OF_LIFE_PER_TTL).unref();
  }

  throwIfLost(): void {
    if (performance.now() >= this.#endsAt) this.#lose();
    this.signal.throwIfAborted();
  }

  /** No further sign of life is under way when the promise resolves. */
  async stop(): Promise<void> {
    clearInterval(this.#beats);
    clearTimeout(this.#end);
    await this.#beating;
    clearTimeout(this.#end);
  }

  async #beatOnce(): Promise<void> {
    const sentAt = performance.now();
    try {
      if (!(await this.beat())) return this.#lose();
      this.#endsAt = this.#endAfter(sentAt);
    } catch {
      // The next one may succeed; if none does, the end comes in time.
    }
  }

  #endAfter(lastSignAt: number): number {
    const endsAt = lastSignAt + this.ttlMs * END_AT;
    clearTimeout(this.#end);
    this.#end = setTimeout(() => this.#lose(), Math.max(0, endsAt - performance.now())).unref();
    return endsAt;
  }

  #lose(): void {
    const message = 'the lease was lost in the middle of a refresh: another process may have taken it over';
    this.#lost.abort(new BankCardOcrError('NO_VALID_TICKET', { message, actor: 'us' }));
  }
}

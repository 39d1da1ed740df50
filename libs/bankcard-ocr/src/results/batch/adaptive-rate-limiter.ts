import type { Clock } from '../../runtime/clock.js';
import { sleep } from '../../runtime/abort.js';

/** Tencent counts by the second: what fails within one slows the batch once. */
const SLOWDOWN_EVERY_MS = 1_000;
/** From nothing to the full rate, if Tencent lets it. */
const RECOVERY_MS = 60_000;
/** The minimum: one query in five seconds finds out whether Tencent still refuses. */
const LOWEST_RATE_PER_SECOND = 0.2;
/** A gateway's page may ask for more, and would stop a batch for days. */
const MAX_RETRY_AFTER_MS = 60_000;

/** When the next query may begin: evenly spread, half as often after "too many", then slowly faster again. */
export class AdaptiveRateLimiter {
  #slowedTo = 0;
  #slowedAt = -Infinity;
  #lastTurnAt = -Infinity;
  #notBefore = -Infinity;
  #lastInLine: Promise<void> = Promise.resolve();

  constructor(
    private readonly highestPerSecond: number,
    private readonly clock: Clock,
  ) {}

  get ratePerSecond(): number {
    const recovered = (this.highestPerSecond * (this.clock.monotonic() - this.#slowedAt)) / RECOVERY_MS;
    return Math.min(this.highestPerSecond, this.#slowedTo + recovered);
  }

  slowDown(retryAfterMs = 0): void {
    const now = this.clock.monotonic();
    this.#notBefore = Math.max(this.#notBefore, now + Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
    if (now - this.#slowedAt < SLOWDOWN_EVERY_MS) return;
    this.#slowedTo = Math.max(this.ratePerSecond / 2, Math.min(LOWEST_RATE_PER_SECOND, this.highestPerSecond));
    this.#slowedAt = now;
  }

  /** Wait for a turn; turns come in the order of the calls. @throws the reason of `signal` */
  turn(signal: AbortSignal): Promise<void> {
    const turn = this.#lastInLine.then(() => this.#untilDue(signal));
    this.#lastInLine = turn.catch(() => undefined);
    return turn;
  }

  async #untilDue(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    let turnAt = this.clock.monotonic();
    for (;;) {
      // Looked up again after every pause: the rate may have been lowered meanwhile.
      const dueAt = Math.max(this.#lastTurnAt + 1_000 / this.ratePerSecond, this.#notBefore);
      const now = this.clock.monotonic();
      if (dueAt <= now) break;
      await sleep(this.clock, Math.ceil(dueAt - now), signal);
      // Timers are late as a rule: by counting from when it was due, the rate does not fall behind.
      turnAt = dueAt;
    }
    this.#lastTurnAt = turnAt;
  }
}

import type { Clock, ClockTimer } from 'nestjs-bankcard-ocr';

/** The machine's clocks, which can be moved ahead: what is due by then fires at once. */
export class MovableClock implements Clock {
  #aheadMs = 0;
  readonly #timers = new Set<MovableTimer>();

  /** By how many milliseconds it is ahead of the machine's clocks. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  now(): number {
    return Date.now() + this.#aheadMs;
  }

  monotonic(): number {
    return performance.now() + this.#aheadMs;
  }

  setTimer(callback: () => void, delayMs: number, keepsProcessAlive = false): ClockTimer {
    const timer = new MovableTimer(this.monotonic() + Math.max(delayMs, 0), keepsProcessAlive, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
    timer.start(delayMs);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.stop();
      },
    };
  }

  /** @param ms not negative: a monotonic clock never goes back */
  advance(ms: number): void {
    this.#aheadMs += ms;
    const now = this.monotonic();
    for (const timer of this.#timers) timer.start(timer.dueAt - now);
  }
}

/** setTimeout fires anything longer at once. */
const LONGEST_MS = 2 ** 31 - 1;

class MovableTimer {
  #timeout: NodeJS.Timeout | undefined;

  constructor(
    readonly dueAt: number,
    private readonly keepsProcessAlive: boolean,
    private readonly callback: () => void,
  ) {}

  start(delayMs: number): void {
    this.stop();
    this.#timeout = setTimeout(this.callback, Math.min(Math.max(delayMs, 0), LONGEST_MS));
    if (!this.keepsProcessAlive) this.#timeout.unref();
  }

  stop(): void {
    clearTimeout(this.#timeout);
  }
}

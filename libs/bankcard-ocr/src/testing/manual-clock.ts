import { type Clock, type ClockTimer, onNextTurn } from '../runtime/clock.js';

/** 2026-01-01T00:00:00+08:00, the vendor's time zone. */
const DEFAULT_START = Date.UTC(2025, 11, 31, 16);

/** Not 0: no real process reads 0 either, and code that takes 0 for "never" would be forgiven. */
const MONOTONIC_START = 1_000_000;

/** Turns of the event loop after a step: enough for an HTTP exchange over the loopback when something has happened. */
const TURNS_AFTER_A_TIMER = 30;
const TURNS_AFTER_SILENCE = 6;

/** A clock that stands still until a test moves it; timers fire only in {@link advance} and {@link advanceAsync}. */
export class ManualClock implements Clock {
  /**
   * How late timers fire, in ms, or a function of the delay; more than -1. Node's fire up to a millisecond early, and
   * late while the event loop is busy. @default 0, exact
   */
  timerOffsetMs: number | ((delayMs: number) => number) = 0;
  #elapsed = 0;
  #wallShift = 0;
  /** Sorted by due time; equal times in the order they were set. */
  readonly #timers: { readonly due: number; readonly callback: () => void }[] = [];

  /** @param startAt wall clock at the start, in ms since the epoch. @default 2026-01-01T00:00:00+08:00 */
  constructor(private readonly startAt: number = DEFAULT_START) {}

  now(): number {
    return this.startAt + this.#elapsed + this.#wallShift;
  }

  monotonic(): number {
    return MONOTONIC_START + this.#elapsed;
  }

  setTimer(callback: () => void, delayMs: number, _keepsProcessAlive?: boolean): ClockTimer {
    const timer = { due: this.#elapsed + this.#firesAfter(delayMs), callback };
    const later = this.#timers.findIndex(({ due }) => due > timer.due);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return {
      cancel: () => {
        const at = this.#timers.indexOf(timer);
        if (at !== -1) this.#timers.splice(at, 1);
      },
    };
  }

  #firesAfter(delayMs: number): number {
    const offsetMs = typeof this.timerOffsetMs === 'function' ? this.timerOffsetMs(delayMs) : this.timerOffsetMs;
    if (offsetMs === 0) return Math.max(delayMs, 0);
    if (!(offsetMs > -1)) throw new RangeError('timerOffsetMs must be greater than -1: no timer is earlier than that');
    // One that fired early and is set again for the rest fires in time.
    return delayMs < 2 ? 1 + Math.max(offsetMs, 0) : Math.trunc(delayMs) + offsetMs;
  }

  /** How many timers are set and have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Fire the timers that become due within `ms`, also those that are set meanwhile, each at its time. */
  advance(ms: number): void {
    const end = this.#elapsed + ms;
    while (this.#nextDue <= end) {
      const { due, callback } = this.#timers.shift()!;
      this.#elapsed = Math.max(this.#elapsed, due);
      callback();
    }
    this.#elapsed = end;
  }

  /**
   * Stand still at every due timer and every `stepMs`, and let the event loop turn, so that exchanges inside this
   * process go on. Files and other processes take real time: wait for those yourself.
   */
  async advanceAsync(ms: number, stepMs = 1_000): Promise<void> {
    const end = this.#elapsed + ms;
    await turnEventLoop(TURNS_AFTER_SILENCE);
    do {
      const target = Math.min(end, this.#elapsed + stepMs, Math.max(this.#nextDue, this.#elapsed));
      const fires = this.#nextDue <= target;
      this.advance(target - this.#elapsed);
      await turnEventLoop(fires ? TURNS_AFTER_A_TIMER : TURNS_AFTER_SILENCE);
    } while (this.#elapsed < end || this.#nextDue <= end);
  }

  /** Let the wall clock jump by `ms` (NTP, an operator); the monotonic clock and the timers do not notice. */
  shiftWallClock(ms: number): void {
    this.#wallShift += ms;
  }

  get #nextDue(): number {
    return this.#timers[0]?.due ?? Infinity;
  }
}

async function turnEventLoop(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => onNextTurn(resolve));
}

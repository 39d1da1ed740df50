import * as timers from 'node:timers';

/** A timer that was set on a {@link Clock}. */
export interface ClockTimer {
  /** Harmless when it has fired already. */
  cancel(): void;
}

/** The only source of time, so that tests can move it. Lifetimes are {@link monotonic}: wall clocks jump. */
export abstract class Clock {
  /** Wall clock, in milliseconds since the Unix epoch. */
  abstract now(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  abstract monotonic(): number;
  /** A caller's pause keeps the process alive, or a script would end in the middle of it; background timers do not. */
  abstract setTimer(callback: () => void, delayMs: number, keepsProcessAlive?: boolean): ClockTimer;
}

/**
 * The `setImmediate` of Node.js: with fake timers in place of the global one, which may be there before this library is, the next
 * turn of the event loop would never come.
 */
export const onNextTurn = timers.setImmediate;

/** China time, Tencent's zone: +08:00 all year. */
export const CHINA_OFFSET_MS = 8 * 3_600_000;

/**
 * 00:00 China time of a day, in epoch milliseconds; a 13th month is January of the next year. Every query needs it three
 * times, and Date.UTC takes as long each time as the rest of reading a date.
 */
export function chinaMidnightMs(year: number, month: number, day: number): number {
  // A year that begins in March has its leap day at the end.
  const marchYear = month > 2 ? year : year - 1;
  const daysOfYears =
    365 * marchYear + Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  const daysOfMonths = Math.floor((153 * (month > 2 ? month : month + 12) - 457) / 5);
  return (daysOfYears + daysOfMonths + day - DAYS_BEFORE_EPOCH) * 86_400_000 - CHINA_OFFSET_MS;
}

const DAYS_BEFORE_EPOCH = 719_469;

/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clocks. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  setTimer(callback: () => void, delayMs: number, keepsProcessAlive = false): ClockTimer {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), LONGEST_TIMER_MS));
    if (!keepsProcessAlive) timer.unref();
    return new SystemTimer(timer);
  }
}

class SystemTimer implements ClockTimer {
  constructor(private readonly timer: NodeJS.Timeout) {}

  cancel(): void {
    clearTimeout(this.timer);
  }
}

import type { Clock, ClockTimer } from '../library.js';
import type { KernelEvent } from './kernel.js';
import type { Machine } from './machine.js';
import type { SeededRandom } from './seeded-random.js';

interface Timer {
  /** On the clock of the event loop, in whole ms. */
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
  event: KernelEvent | undefined;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A process: whatever reaches it (timers, answers of sockets and files) goes through here, so that it can be stopped,
 * continued and killed at any moment.
 *
 * Timers are Node's: whole milliseconds, 1 at least, counted by the loop's own clock, which is the monotonic one cut to
 * whole milliseconds. So a timer fires up to a millisecond early by `performance.now()`, or late by the lag of the loop.
 */
export class SimulatedProcess {
  readonly clock: Clock;
  #isAlive = true;
  #isStopped = false;
  readonly #timers = new Set<Timer>();
  #timerOrder = 0;
  /** What has come while the process stood still. */
  #inbox: (() => void)[] = [];
  /** Until then it works off what has come while it stood still. */
  #busyUntil = 0;
  /** How much later than a millisecond boundary its `performance.now()` began. */
  readonly #phase: number;
  /** The loop's mean lag. */
  lagMs = 0.3;

  constructor(
    readonly name: string,
    readonly machine: Machine,
    private readonly random: SeededRandom,
  ) {
    this.#phase = random.next();
    machine.processes.add(this);
    this.clock = {
      now: () => Math.floor(machine.wall()),
      monotonic: () => machine.monotonic(),
      setTimer: (callback, delayMs) => this.#setTimer(callback, delayMs),
    };
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Whether it is stopped, or its machine suspended. */
  get standsStill(): boolean {
    return this.#isStopped || this.machine.isSuspended;
  }

  get isRunning(): boolean {
    return this.#isAlive && !this.standsStill;
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Something reaches the process after a while: nothing when it has died by then. */
  afterwards(delayMs: number, callback: () => void): void {
    this.machine.kernel.after(delayMs, () => this.deliver(callback));
  }

  /** Something reaches the process now, or when it goes on. */
  deliver(callback: () => void): void {
    if (!this.#isAlive) return;
    const { kernel } = this.machine;
    if (this.standsStill) this.#inbox.push(callback);
    else if (kernel.now < this.#busyUntil) kernel.at(this.#busyUntil, () => this.deliver(callback));
    else callback();
  }

  /** SIGSTOP: nothing is carried out, all clocks go on. */
  stop(): void {
    this.#isStopped = true;
  }

  /** SIGCONT. */
  continue(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    if (!this.machine.isSuspended) this.#goOn();
  }

  /** SIGKILL: from now on nothing happens here. */
  kill(): void {
    this.#isAlive = false;
    for (const timer of this.#timers) this.machine.kernel.cancel(timer.event);
    this.#timers.clear();
    this.#inbox = [];
    this.machine.processes.delete(this);
  }

  /** @internal called by the machine */
  machineStands(): void {
    for (const timer of this.#timers) this.machine.kernel.cancel(timer.event);
  }

  /** @internal called by the machine */
  machineGoesOn(): void {
    for (const timer of this.#timers) this.#arm(timer);
    if (!this.#isStopped) this.#goOn();
  }

  /** What lay in sockets and timers happens in either order, each in its own. */
  #goOn(): void {
    const { kernel } = this.machine;
    const came = this.#inbox;
    this.#inbox = [];
    const loopNow = this.#loopNow();
    const due = [...this.#timers].filter((timer) => timer.due <= loopNow).sort(byDue);
    let at = kernel.now;
    while (came.length > 0 || due.length > 0) {
      at += this.random.exponential(0.05);
      const takeTimer = due.length > 0 && (came.length === 0 || this.random.chance(0.5));
      if (takeTimer) {
        const timer = due.shift()!;
        kernel.cancel(timer.event);
        timer.event = kernel.at(at, () => this.#fireNow(timer));
      } else {
        const callback = came.shift()!;
        kernel.at(at, () => this.#take(callback));
      }
    }
    this.#busyUntil = at;
  }

  /** As {@link deliver}, but does not queue behind itself. */
  #take(callback: () => void): void {
    if (!this.#isAlive) return;
    if (this.standsStill) this.#inbox.push(callback);
    else callback();
  }

  #setTimer(callback: () => void, delayMs: number): ClockTimer {
    const clamped = Math.min(Math.max(delayMs, 0), LONGEST_TIMER_MS);
    const after = clamped >= 1 ? Math.trunc(clamped) : 1;
    const timer: Timer = {
      due: this.#loopNow() + after,
      order: (this.#timerOrder += 1),
      callback,
      event: undefined,
    };
    // A process that was killed in the middle of a turn sets no more timers.
    if (this.#isAlive) {
      this.#timers.add(timer);
      if (!this.machine.isSuspended) this.#arm(timer);
    }
    return {
      cancel: () => {
        this.machine.kernel.cancel(timer.event);
        this.#timers.delete(timer);
      },
    };
  }

  #arm(timer: Timer): void {
    const { kernel } = this.machine;
    const lag = this.random.exponential(this.lagMs);
    kernel.cancel(timer.event);
    timer.event = kernel.at(this.machine.trueTimeOf(timer.due - this.#phase) + lag, () => this.#fire(timer));
  }

  #fire(timer: Timer): void {
    const { kernel } = this.machine;
    if (kernel.now < this.#busyUntil) timer.event = kernel.at(this.#busyUntil, () => this.#fire(timer));
    else this.#fireNow(timer);
  }

  #fireNow(timer: Timer): void {
    // When the process stands still, it is still due when it goes on.
    if (!this.isRunning || !this.#timers.delete(timer)) return;
    timer.callback();
  }

  #loopNow(): number {
    return Math.floor(this.machine.monotonic() + this.#phase);
  }
}

function byDue(a: Timer, b: Timer): number {
  return a.due - b.due || a.order - b.order;
}

import type { Kernel } from './kernel.js';
import type { SimulatedProcess } from './process.js';

/** 2026-01-01T00:00:00Z: what the true time 0 is called. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

/** How the clocks of a machine go. */
export interface MachineClocks {
  /** By how much the wall clock is wrong. */
  readonly wallOffsetMs: number;
  /** What the monotonic clock shows at the beginning. */
  readonly upMs: number;
  /** How fast the monotonic clock goes. */
  readonly rate: number;
}

/** A machine: a wall clock that can be set, a monotonic clock that stands still while the machine is suspended. */
export class Machine {
  readonly processes = new Set<SimulatedProcess>();
  #wallOffsetMs: number;
  readonly #rate: number;
  /** Where the monotonic clock stood at a true time. */
  #base: { readonly monotonic: number; readonly at: number };
  #isSuspended = false;

  constructor(
    readonly name: string,
    readonly kernel: Kernel,
    { wallOffsetMs, upMs, rate }: MachineClocks,
  ) {
    this.#wallOffsetMs = wallOffsetMs;
    this.#rate = rate;
    this.#base = { monotonic: upMs, at: kernel.now };
  }

  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  /** The wall clock, in epoch ms, with fractions. */
  wall(): number {
    return EPOCH_MS + this.kernel.now + this.#wallOffsetMs;
  }

  monotonic(): number {
    const { monotonic, at } = this.#base;
    return this.#isSuspended ? monotonic : monotonic + (this.kernel.now - at) * this.#rate;
  }

  /** The true time at which the monotonic clock will show something, if the machine is not suspended before. */
  trueTimeOf(monotonic: number): number {
    return this.#base.at + (monotonic - this.#base.monotonic) / this.#rate;
  }

  /** Set the wall clock by so much. */
  shiftWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  suspend(): void {
    if (this.#isSuspended) return;
    this.#base = { monotonic: this.monotonic(), at: this.kernel.now };
    this.#isSuspended = true;
    for (const process of this.processes) process.machineStands();
  }

  resume(): void {
    if (!this.#isSuspended) return;
    this.#isSuspended = false;
    this.#base = { monotonic: this.#base.monotonic, at: this.kernel.now };
    for (const process of this.processes) process.machineGoesOn();
  }
}

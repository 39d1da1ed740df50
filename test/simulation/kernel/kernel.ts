/** Something that will happen at a moment. */
export interface KernelEvent {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/**
 * The world's only loop: events in the order of their true time, and after each of them everything that its promises
 * set off, before the next one happens. Time passes between events and nowhere else.
 */
export class Kernel {
  /** True time in milliseconds since the beginning of the run. */
  now = 0;
  /** How many events have happened. */
  events = 0;
  #order = 0;
  readonly #heap: KernelEvent[] = [];

  /** Let something happen at a moment, at once at the earliest. */
  at(moment: number, run: () => void): KernelEvent {
    const event = { at: Math.max(moment, this.now), order: (this.#order += 1), run };
    this.#push(event);
    return event;
  }

  after(delayMs: number, run: () => void): KernelEvent {
    return this.at(this.now + delayMs, run);
  }

  cancel(event: KernelEvent | undefined): void {
    if (event) event.run = undefined;
  }

  /**
   * Run until a moment, or until so many events have happened.
   *
   * @throws what an event throws
   */
  run(until: number, mostEvents: number): Promise<void> {
    return new Promise((resolve, reject) => {
      // Node settles all promises between two callbacks of setImmediate.
      const turn = (): void => {
        const next = this.#next();
        if (!next || next.at > until || this.events >= mostEvents) {
          if (this.events < mostEvents) this.now = Math.max(this.now, until);
          resolve();
          return;
        }
        this.#pop();
        this.now = next.at;
        this.events += 1;
        try {
          next.run!();
        } catch (error) {
          reject(error as Error);
          return;
        }
        setImmediate(turn);
      };
      setImmediate(turn);
    });
  }

  /** The next event that has not been canceled: no promise waits for one that has. */
  #next(): KernelEvent | undefined {
    while (this.#heap[0]?.run === undefined && this.#heap.length > 0) this.#pop();
    return this.#heap[0];
  }

  #push(event: KernelEvent): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!isBefore(event, heap[above]!)) break;
      heap[index] = heap[above]!;
      index = above;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    const { length } = heap;
    if (length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= length) break;
      if (below + 1 < length && isBefore(heap[below + 1]!, heap[below]!)) below += 1;
      if (!isBefore(heap[below]!, last)) break;
      heap[index] = heap[below]!;
      index = below;
    }
    heap[index] = last;
  }
}

function isBefore(a: KernelEvent, b: KernelEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

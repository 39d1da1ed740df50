/**
 * Lets so many through at once; the others wait in order, urgent ones in front. Waiting here instead of inside an agent
 * keeps a request's own time limit from running out before the request has begun.
 */
export class ConnectionGate {
  #free: number;
  readonly #urgent: (() => void)[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  /**
   * Wait for a place.
   *
   * @param signal ends the waiting with its reason
   * @returns gives the place back; to be called exactly once
   */
  async enter(signal: AbortSignal, urgent: boolean): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal, urgent ? this.#urgent : this.#waiting);
    return () => this.#leave();
  }

  #wait(signal: AbortSignal, queue: (() => void)[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        const index = queue.indexOf(enter);
        if (index >= 0) queue.splice(index, 1);
        reject(signal.reason as Error);
      };
      const enter = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      queue.push(enter);
    });
  }

  #leave(): void {
    const next = this.#urgent.shift() ?? this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

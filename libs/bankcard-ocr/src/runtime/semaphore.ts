import { type Cancellation, onAbort } from './abort.js';

/** Lets `limit` through at once; the others wait in order, urgent ones first. */
export class Semaphore {
  #free: number;
  readonly #urgent: (() => void)[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  /** Wait for a place. @returns undefined when there is one at once. @throws the reason of `cancellation` */
  acquire(cancellation: Cancellation, urgent: boolean): Promise<void> | undefined {
    if (this.#free > 0 && !cancellation.aborted) {
      this.#free -= 1;
      return undefined;
    }
    cancellation.throwIfAborted();
    const queue = urgent ? this.#urgent : this.#waiting;
    return new Promise((resolve, reject) => {
      const forget = onAbort(cancellation, (reason) => {
        const index = queue.indexOf(enter);
        if (index >= 0) queue.splice(index, 1);
        reject(reason);
      });
      const enter = () => {
        forget();
        resolve();
      };
      queue.push(enter);
    });
  }

  release(): void {
    const next = this.#urgent.shift() ?? this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

import path from 'node:path';
import { raceTimeout } from '../../runtime/abort.js';
import type { Clock } from '../../runtime/clock.js';
import { SYSTEM_RUNTIME } from '../../runtime/random.js';
import { StoreError } from './ticket-store.js';

/** Limits operations in time. One that hangs keeps a thread of the process: no other begins while it is overdue. */
export class FileOperations {
  #overdue = 0;

  constructor(
    private readonly timeoutMs: number,
    private readonly clock: Clock = SYSTEM_RUNTIME.clock,
  ) {}

  /** @param onLate takes the result of an operation that was given up. @throws {@link StoreError} */
  async run<T>(operation: () => Promise<T>, onLate: (result: T) => void = () => undefined): Promise<T> {
    const late = () => new StoreError('TIMEOUT', `the file system has not responded for ${this.timeoutMs} ms`);
    if (this.#overdue > 0) throw late();
    const running = operation();
    const giveUp = () => {
      this.#overdue += 1;
      running.then(onLate, () => undefined).finally(() => (this.#overdue -= 1));
      return late();
    };
    try {
      return await raceTimeout(this.clock, this.timeoutMs, () => running, giveUp);
    } catch (error) {
      throw withItsReason(error);
    }
  }
}

/** An error of the system says which call failed, and on what; the names of our files tell of nothing that is stored. */
function withItsReason(error: unknown): unknown {
  const { code, syscall, path: where } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (typeof code !== 'string' || typeof syscall !== 'string') return error;
  return new StoreError(code, where === undefined ? syscall : `${syscall} ${path.basename(where)}`);
}

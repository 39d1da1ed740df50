import { basename, dirname, join } from 'node:path';
import { raceTimeout } from '../../runtime/abort.js';
import { type FileSystem, undefinedWhenMissing } from '../../runtime/file-system.js';
import type { Runtime } from '../../runtime/random.js';
import { HIGHEST_NUMBER } from '../ticket-record.js';
import { StoreError } from './ticket-store.js';

/** Enough digits for any number, so that names sort as numbers do. */
const DIGITS = 16;
type Series = 'record' | 'lease';

/** The folder of an app id, with files whose names count, e.g. `record.0000000000000012`. */
export class StoreFolder {
  #overdue = 0;

  constructor(
    readonly path: string,
    readonly files: FileSystem,
    readonly runtime: Runtime,
    private readonly timeoutMs: number,
  ) {}

  file(series: Series, number: number): string {
    return join(this.path, `${series}.${String(number).padStart(DIGITS, '0')}`);
  }

  /** The numbers that exist, lowest first, except those that nobody could count on from; none without the folder. */
  async numbers(series: Series): Promise<number[]> {
    const names = (await this.files.readdir(this.path).catch(undefinedWhenMissing)) ?? [];
    const pattern = new RegExp(String.raw`^${series}\.(\d{${DIGITS}})$`);
    const numbers = names.map((name) => Number(pattern.exec(name)?.[1]));
    return numbers.filter((number) => number > 0 && number < HIGHEST_NUMBER).sort((a, b) => a - b);
  }

  async remove(series: Series, ...numbers: readonly number[]): Promise<void> {
    await Promise.all(numbers.map((number) => this.clear(this.file(series, number))));
  }

  /** Clear a path. What cannot be removed, e.g. a folder, keeps its content under another name; never fails. */
  async clear(path: string): Promise<void> {
    await this.files
      .unlink(path)
      .catch(async () => this.files.rename(path, join(dirname(path), `removed.${this.runtime.random.id()}`)))
      .catch(() => undefined);
  }

  /**
   * Limit an operation in time. One that hangs keeps a thread of the process: no other begins while it is overdue.
   * @param onLate takes the result of an operation that was given up
   * @throws {@link StoreError}
   */
  async limited<T>(operation: () => Promise<T>, onLate: (result: T) => void = () => undefined): Promise<T> {
    const late = () => new StoreError('TIMEOUT', `the file system has not responded for ${this.timeoutMs} ms`);
    if (this.#overdue > 0) throw late();
    const running = operation();
    const giveUp = () => {
      this.#overdue += 1;
      running.then(onLate, () => undefined).finally(() => (this.#overdue -= 1));
      return late();
    };
    try {
      return await raceTimeout(this.runtime.clock, this.timeoutMs, () => running, giveUp);
    } catch (error) {
      throw withItsReason(error);
    }
  }
}

/** An error of the system says which call failed, and on what; the names of our files tell of nothing that is stored. */
function withItsReason(error: unknown): unknown {
  const { code, syscall, path } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (typeof code !== 'string' || typeof syscall !== 'string') return error;
  return new StoreError(code, path === undefined ? syscall : `${syscall} ${basename(path)}`);
}

import { type FileSystem, undefinedWhenMissing } from '../../runtime/file-system.js';
import type { Runtime } from '../../runtime/random.js';
import { HIGHEST_NUMBER } from '../ticket-record.js';
import type { FileOperations } from './file-operations.js';
import { LeaseHeartbeat } from './lease-heartbeat.js';
import { NumberedFiles } from './numbered-files.js';
import type { TicketLease } from './ticket-store.js';

const HELD = 'held';
const FREE = 'free';
const LARGEST_LEASE = 64;

/**
 * Files `lease.<number>`: whoever creates the next number holds the lease. Numbers only grow, so two that saw a holder
 * die cannot both take over. A holder is dead when it has not touched its file for `ttlMs` *while we watched*: that
 * needs neither process ids nor clocks that agree.
 */
export class FileLeases {
  #watched: { number: number; touched: string; sinceMs: number } | undefined;
  readonly #leases: NumberedFiles;

  /** @param operations by which signs of life are limited in time; whoever calls limits the rest */
  constructor(
    directory: string,
    private readonly operations: FileOperations,
    private readonly files: FileSystem,
    private readonly runtime: Runtime,
  ) {
    this.#leases = new NumberedFiles(directory, 'lease', files, runtime.random);
  }

  async tryTake(ttlMs: number): Promise<TicketLease | undefined> {
    const leases = this.#leases;
    const { clock } = this.runtime;
    const takenAt = clock.monotonic();
    const before = await leases.numbers();
    const highest = before.at(-1) ?? 0;
    if (highest > 0 && !(await this.#isFree(highest, ttlMs))) return undefined;
    const isLastNumber = highest + 1 >= HIGHEST_NUMBER;
    // The count begins anew once nothing stands there that counts as later.
    if (isLastNumber) await leases.remove(...before);
    const mine = isLastNumber ? 1 : highest + 1;
    const file = await this.files.open(leases.path(mine), 'wx', 0o600).catch(undefinedWhenTaken);
    if (!file) return undefined;
    let isHolder = false;
    try {
      await file.write(HELD, 0);
      const numbers = await leases.numbers();
      // If we were slow, others have moved on, and our number was free only because it had been cleared away.
      isHolder = numbers.at(-1) === mine;
      if (isHolder) await leases.remove(...numbers.slice(0, -1));
    } finally {
      // Nothing of the attempt may stay: on a full disk every further one would leave a file and a handle.
      if (!isHolder) await Promise.all([file.close().catch(() => undefined), leases.remove(mine)]);
    }
    if (!isHolder) return undefined;
    const id = String(mine);
    const beat = async (): Promise<boolean> => {
      const now = new Date(clock.now());
      await file.utimes(now, now);
      return this.isHeld(id);
    };
    const free = (): Promise<unknown> => {
      // Begun in any case, so that no handle stays open.
      const freed = file.write(FREE, 0).finally(() => file.close());
      freed.catch(() => undefined);
      return this.operations.run(() => freed);
    };
    return new LeaseHeartbeat(id, ttlMs, takenAt, () => this.operations.run(beat), free, clock);
  }

  async isHeld(id: string): Promise<boolean> {
    return String((await this.#leases.numbers()).at(-1) ?? id) === id;
  }

  async #isFree(number: number, ttlMs: number): Promise<boolean> {
    const path = this.#leases.path(number);
    // Before the look: a watcher that is held up in the middle of it must not count that as standing still.
    const now = this.runtime.clock.monotonic();
    const word = await this.#wordIn(path);
    if (word === undefined) return false;
    if (word === FREE) return true;
    const touched = String((await this.files.lstat(path).catch(undefinedWhenMissing))?.mtimeNs);
    if (this.#watched?.number !== number || this.#watched.touched !== touched) {
      this.#watched = { number, touched, sinceMs: now };
    }
    return now - this.#watched.sinceMs >= ttlMs;
  }

  /** @returns undefined when there is no such file; `FREE` for what no holder has made */
  async #wordIn(path: string): Promise<string | undefined> {
    try {
      const file = await this.files.readSmallFile(path, LARGEST_LEASE);
      if (file.kind === 'missing') return undefined;
      return file.kind === 'bytes' ? file.bytes.toString('utf8') : FREE;
    } catch {
      // Another user's, or a disk that fails: whether its holder is alive is seen from outside.
      return HELD;
    }
  }
}

function undefinedWhenTaken(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'EEXIST') throw error;
}

import { undefinedWhenMissing } from '../../runtime/file-system.js';
import { numberAfter } from '../ticket-record.js';
import { LeaseHeartbeat } from './lease-heartbeat.js';
import type { StoreFolder } from './store-folder.js';
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

  constructor(private readonly folder: StoreFolder) {}

  async tryTake(ttlMs: number): Promise<TicketLease | undefined> {
    const { folder } = this;
    const { clock } = folder.runtime;
    const takenAt = clock.monotonic();
    const before = await folder.numbers('lease');
    const highest = before.at(-1) ?? 0;
    if (highest > 0 && !(await this.#isFree(highest, ttlMs))) return undefined;
    const mine = numberAfter(highest);
    // The count begins anew once nothing stands there that counts as later.
    if (mine < highest) await folder.remove('lease', ...before);
    const file = await folder.files.open(folder.file('lease', mine), 'wx', 0o600).catch(undefinedWhenTaken);
    if (!file) return undefined;
    let isHolder = false;
    try {
      await file.write(HELD, 0);
      const numbers = await folder.numbers('lease');
      // If we were slow, others have moved on, and our number was free only because it had been cleared away.
      isHolder = numbers.at(-1) === mine;
      if (isHolder) await folder.remove('lease', ...numbers.slice(0, -1));
    } finally {
      // Nothing of the attempt may stay: on a full disk every further one would leave a file and a handle.
      if (!isHolder) await Promise.all([file.close().catch(() => undefined), folder.remove('lease', mine)]);
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
      return folder.limited(() => freed);
    };
    return new LeaseHeartbeat(id, ttlMs, takenAt, () => folder.limited(beat), free, clock);
  }

  async isHeld(id: string): Promise<boolean> {
    return isLeaseOf(id, await this.highest());
  }

  /** The number of the lease that was taken last; 0 when there is none. */
  async highest(): Promise<number> {
    return (await this.folder.numbers('lease')).at(-1) ?? 0;
  }

  async #isFree(number: number, ttlMs: number): Promise<boolean> {
    const { files, runtime } = this.folder;
    const path = this.folder.file('lease', number);
    // Before the look: a watcher that is held up in the middle of it must not count that as standing still.
    const now = runtime.clock.monotonic();
    // Another user's, or a disk that fails: whether its holder is alive is seen from outside.
    const file = await files.readSmallFile(path, LARGEST_LEASE).catch(() => undefined);
    if (file === 'missing') return false;
    // No holder has made what is no file.
    if (file === 'unusable' || file?.toString() === FREE) return true;
    const touched = String((await files.lstat(path).catch(undefinedWhenMissing))?.mtimeNs);
    if (this.#watched?.number !== number || this.#watched.touched !== touched) {
      this.#watched = { number, touched, sinceMs: now };
    }
    return now - this.#watched.sinceMs >= ttlMs;
  }
}

/** Without any lease the folder was emptied, which forbids its holder nothing. */
export function isLeaseOf(id: string, highest: number): boolean {
  return highest === 0 || String(highest) === id;
}

function undefinedWhenTaken(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'EEXIST') throw error;
}

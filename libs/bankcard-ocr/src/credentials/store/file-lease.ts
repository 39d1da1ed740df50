import { type FileHandle, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { LeaseHeartbeat } from './lease-heartbeat.js';
import { listNumbers, numberedName } from './numbered-files.js';
import type { TicketLease } from './ticket-store.js';

const SERIES = 'lease';
const HELD = 'held';
const FREE = 'free';

/**
 * A lease among the processes of one machine, made of files `lease.<number>`: whoever creates the next number holds it.
 * Numbers only grow and the highest file always stays, so two processes that both saw a holder die cannot both take
 * over. A live holder touches its file; a holder is dead when the file has stood still for `ttlMs` *while we watched*,
 * which needs neither process ids (reused, and other containers have their own) nor clocks that agree.
 */
export class FileLeases {
  #watched: { number: number; touched: string; sinceMs: number } | undefined;

  constructor(private readonly directory: string) {}

  /** Take the lease if nobody alive holds it. Lifetimes here are real time: they concern real processes. */
  async tryTake(ttlMs: number): Promise<TicketLease | undefined> {
    const takenAt = performance.now();
    const highest = (await listNumbers(this.directory, SERIES)).at(-1) ?? 0;
    if (highest > 0 && !(await this.#isFree(highest, ttlMs))) return undefined;
    const mine = highest + 1;
    const file = await open(this.#path(mine), 'wx', 0o600).catch(unlessTaken);
    if (!file) return undefined;
    try {
      await file.write(HELD, 0);
    } catch (error) {
      // A full disk: nothing of the attempt may stay, or every further one would leave a file and a handle.
      await Promise.all([file.close(), unlink(this.#path(mine)).catch(ignoreMissing)]);
      throw error;
    }
    const numbers = await listNumbers(this.directory, SERIES);
    if (numbers.at(-1) !== mine) {
      // We were slow: others had moved on, and our number was free only because it had been cleared away.
      await Promise.all([file.close(), unlink(this.#path(mine)).catch(ignoreMissing)]);
      return undefined;
    }
    await Promise.all(numbers.slice(0, -1).map((number) => unlink(this.#path(number)).catch(ignoreMissing)));
    return new FileLease(String(mine), file, ttlMs, takenAt, () => this.isHeld(String(mine)));
  }

  /** Whether nobody else has taken a lease after the one with this id. */
  async isHeld(id: string): Promise<boolean> {
    return String((await listNumbers(this.directory, SERIES)).at(-1) ?? id) === id;
  }

  async #isFree(number: number, ttlMs: number): Promise<boolean> {
    const path = this.#path(number);
    // Before the look: a watcher that is held up in the middle of it must not count that as standing still.
    const now = performance.now();
    try {
      if ((await readFile(path, 'utf8')) === FREE) return true;
      const touched = String((await stat(path, { bigint: true })).mtimeNs);
      if (this.#watched?.number !== number || this.#watched.touched !== touched) {
        this.#watched = { number, touched, sinceMs: now };
      }
      return now - this.#watched.sinceMs >= ttlMs;
    } catch (error) {
      ignoreMissing(error as NodeJS.ErrnoException);
      return false;
    }
  }

  #path(number: number): string {
    return join(this.directory, numberedName(SERIES, number));
  }
}

class FileLease implements TicketLease {
  readonly #heartbeat: LeaseHeartbeat;
  readonly signal: AbortSignal;

  constructor(
    readonly id: string,
    private readonly file: FileHandle,
    ttlMs: number,
    takenAt: number,
    isHeld: () => Promise<boolean>,
  ) {
    this.#heartbeat = new LeaseHeartbeat(ttlMs, takenAt, async () => {
      const now = new Date();
      await this.file.utimes(now, now);
      return isHeld();
    });
    this.signal = this.#heartbeat.signal;
  }

  throwIfLost(): void {
    this.#heartbeat.throwIfLost();
  }

  async release(): Promise<void> {
    await this.#heartbeat.stop();
    // A release that cannot be written costs the next one a wait, nothing else.
    await this.file.write(FREE, 0).catch(() => undefined);
    await this.file.close().catch(() => undefined);
  }
}

function unlessTaken(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'EEXIST') throw error;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

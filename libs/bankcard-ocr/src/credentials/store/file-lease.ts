import { join } from 'node:path';
import type { Clock } from '../../clock.js';
import { SYSTEM_RUNTIME } from '../../random.js';
import { type FileSystem, NODE_FILE_SYSTEM, type OpenFile } from './file-system.js';
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

  constructor(
    private readonly directory: string,
    private readonly files: FileSystem = NODE_FILE_SYSTEM,
    private readonly clock: Clock = SYSTEM_RUNTIME.clock,
  ) {}

  /** Take the lease if nobody alive holds it. Lifetimes here are those of the process: they concern real processes. */
  async tryTake(ttlMs: number): Promise<TicketLease | undefined> {
    const takenAt = this.clock.monotonic();
    const highest = (await this.#numbers()).at(-1) ?? 0;
    if (highest > 0 && !(await this.#isFree(highest, ttlMs))) return undefined;
    const mine = highest + 1;
    const file = await this.files.open(this.#path(mine), 'wx', 0o600).catch(unlessTaken);
    if (!file) return undefined;
    try {
      await file.write(HELD, 0);
    } catch (error) {
      // A full disk: nothing of the attempt may stay, or every further one would leave a file and a handle.
      await Promise.all([file.close(), this.files.unlink(this.#path(mine)).catch(ignoreMissing)]);
      throw error;
    }
    const numbers = await this.#numbers();
    if (numbers.at(-1) !== mine) {
      // We were slow: others had moved on, and our number was free only because it had been cleared away.
      await Promise.all([file.close(), this.files.unlink(this.#path(mine)).catch(ignoreMissing)]);
      return undefined;
    }
    await Promise.all(numbers.slice(0, -1).map((number) => this.files.unlink(this.#path(number)).catch(ignoreMissing)));
    return new FileLease(String(mine), file, ttlMs, takenAt, this.clock, () => this.isHeld(String(mine)));
  }

  /** Whether nobody else has taken a lease after the one with this id. */
  async isHeld(id: string): Promise<boolean> {
    return String((await this.#numbers()).at(-1) ?? id) === id;
  }

  async #isFree(number: number, ttlMs: number): Promise<boolean> {
    const path = this.#path(number);
    // Before the look: a watcher that is held up in the middle of it must not count that as standing still.
    const now = this.clock.monotonic();
    try {
      if ((await this.files.readFile(path)) === FREE) return true;
      const touched = String((await this.files.touchedAt(path)).ns);
      if (this.#watched?.number !== number || this.#watched.touched !== touched) {
        this.#watched = { number, touched, sinceMs: now };
      }
      return now - this.#watched.sinceMs >= ttlMs;
    } catch (error) {
      ignoreMissing(error as NodeJS.ErrnoException);
      return false;
    }
  }

  async #numbers(): Promise<number[]> {
    return listNumbers(this.directory, SERIES, this.files);
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
    private readonly file: OpenFile,
    ttlMs: number,
    takenAt: number,
    clock: Clock,
    isHeld: () => Promise<boolean>,
  ) {
    const beat = async (): Promise<boolean> => {
      const now = new Date(clock.now());
      await this.file.utimes(now, now);
      return isHeld();
    };
    this.#heartbeat = new LeaseHeartbeat(ttlMs, takenAt, beat, clock);
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

import type { Machine } from '../kernel/machine.js';
import type { SimulatedProcess } from '../kernel/process.js';
import type { SeededRandom } from '../kernel/seeded-random.js';
import type { FileSystem, OpenFile } from '../library.js';
import type { StoreObserver } from './store-observer.js';

interface Inode {
  text: string;
  touchedMs: number;
}

const RECORD = /\/record\.\d{16}$/;
const LEASE = /\/lease\.\d{16}$/;

/**
 * The disk of a machine. Every call of a process is one step, which happens a moment after it was asked for: a process may
 * die, be stopped, or be overtaken by others between any two of them.
 */
export class Disk {
  readonly #files = new Map<string, Inode>();
  readonly #watchers = new Set<(path: string) => void>();
  /** Mean time of a step. */
  stepMs = 0.15;
  /** What every step that changes something fails with. */
  fault: 'ENOSPC' | 'EIO' | undefined;
  isHanging = false;
  /** How likely a change is not told to those who watch. */
  watchLost = 0;
  #waiting: (() => void)[] = [];

  constructor(
    private readonly machine: Machine,
    private readonly random: SeededRandom,
    private readonly observer: StoreObserver,
  ) {}

  hang(): void {
    this.isHanging = true;
  }

  /** Let the steps that hang go on. */
  goOn(): void {
    this.isHanging = false;
    for (const step of this.#waiting.splice(0)) step();
  }

  /** The text of the newest record. */
  get record(): string | undefined {
    const newest = this.#newestRecord;
    return newest === undefined ? undefined : this.#files.get(newest)?.text;
  }

  /** The newest record becomes unreadable. */
  damage(): void {
    const newest = this.#newestRecord;
    const file = newest === undefined ? undefined : this.#files.get(newest);
    if (file) file.text = file.text.slice(0, file.text.length / 2);
  }

  /** Everything is deleted, as by somebody who cleans up. */
  empty(): void {
    for (const path of this.#files.keys()) this.#files.delete(path);
  }

  /** The file system as a process sees it. */
  seenBy(process: SimulatedProcess): FileSystem {
    const step = <T>(act: () => T): Promise<T> => this.#step(process, act);
    return {
      open: (path, flags) => step(() => this.#open(path, flags, process, step)),
      readSmallFile: (path) =>
        step(() => {
          this.observer.operation(process.name);
          const text = this.#files.get(path)?.text;
          return text === undefined ? 'missing' : Buffer.from(text);
        }),
      readdir: (directory) => step(() => this.#list(directory)),
      lstat: (path) =>
        step(() => ({ mtimeNs: BigInt(Math.round(this.#existing(path).touchedMs * 1e6)), isLink: false })),
      link: (existing, path) => step(() => this.#link(existing, path, process)),
      rename: (from, to) =>
        step(() => {
          this.#changing();
          this.#files.set(to, this.#existing(from));
          this.#files.delete(from);
          this.#tell(from);
        }),
      unlink: (path) =>
        step(() => {
          this.#changing();
          this.#existing(path);
          this.#files.delete(path);
          this.#tell(path);
        }),
      mkdir: () => step(() => undefined),
      syncDirectory: () => step(() => undefined),
      watch: (directory, listener) => {
        const watcher = (path: string) => {
          if (!path.startsWith(`${directory}/`)) return;
          process.afterwards(this.random.exponential(1), () => {
            if (this.#watchers.has(watcher)) listener(path.slice(directory.length + 1));
          });
        };
        this.#watchers.add(watcher);
        return () => this.#watchers.delete(watcher);
      },
    };
  }

  get #newestRecord(): string | undefined {
    return [...this.#files.keys()]
      .filter((path) => RECORD.test(path))
      .sort()
      .at(-1);
  }

  #step<T>(process: SimulatedProcess, act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const happen = () => {
        if (this.isHanging) {
          this.#waiting.push(() => process.afterwards(this.random.exponential(this.stepMs), happen));
          return;
        }
        let settle: () => void;
        try {
          const result = act();
          settle = () => resolve(result);
        } catch (error) {
          settle = () => reject(error as Error);
        }
        process.afterwards(0.01 + this.random.exponential(0.02), settle);
      };
      process.afterwards(this.random.exponential(this.stepMs), happen);
    });
  }

  #open(path: string, flags: 'wx' | 'r', process: SimulatedProcess, step: <T>(act: () => T) => Promise<T>): OpenFile {
    let file: Inode;
    if (flags === 'wx') {
      this.#changing();
      if (this.#files.has(path)) throw fault('EEXIST');
      file = { text: '', touchedMs: this.machine.wall() };
      this.#files.set(path, file);
      if (LEASE.test(path)) this.observer.leaseTaken(process.name);
      this.#tell(path);
    } else file = { text: '', touchedMs: 0 };
    const write = (text: string) => {
      this.#changing();
      if (text === 'free') this.observer.leaseReleased(process.name);
      file.text = text;
      file.touchedMs = this.machine.wall();
      this.#tell(path);
    };
    return {
      write: (text) => step(() => write(text)),
      writeFile: (content) => step(() => write(content.toString())),
      sync: () => step(() => this.#changing()),
      utimes: (_accessedAt, modifiedAt) =>
        step(() => {
          this.#changing();
          file.touchedMs = Number(modifiedAt);
        }),
      close: () => step(() => undefined),
    };
  }

  #link(existing: string, path: string, process: SimulatedProcess): void {
    this.#changing();
    const file = this.#existing(existing);
    if (this.#files.has(path)) throw fault('EEXIST');
    const before = this.record;
    this.#files.set(path, file);
    if (RECORD.test(path) && this.record !== before) this.observer.recordWritten(process.name, before, this.record);
    this.#tell(path);
  }

  #list(directory: string): string[] {
    return [...this.#files.keys()]
      .filter((path) => path.startsWith(`${directory}/`))
      .map((path) => path.slice(directory.length + 1))
      .filter((name) => !name.includes('/'));
  }

  #existing(path: string): Inode {
    const file = this.#files.get(path);
    if (!file) throw fault('ENOENT');
    return file;
  }

  #changing(): void {
    if (this.fault) throw fault(this.fault);
  }

  #tell(path: string): void {
    for (const watcher of this.#watchers) if (!this.random.chance(this.watchLost)) watcher(path);
  }
}

/** An error of the file system. Those of Node have no stack either, and to collect one takes longer than all the rest. */
function fault(code: string): NodeJS.ErrnoException {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = Object.assign(new Error(code), { code });
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}

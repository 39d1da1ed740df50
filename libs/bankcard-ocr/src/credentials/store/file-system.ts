import { constants, watch } from 'node:fs';
import { link, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, ClockTimer } from '../../runtime/clock.js';
import { SYSTEM_RUNTIME } from '../../runtime/random.js';
import { readSmallFile, type SmallFile } from './read-small-file.js';
import { StoreError } from './ticket-store.js';

// Windows lacks the last three: there they are undefined, which counts as 0.
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** An open file, as far as the file store needs one. */
export interface OpenFile {
  write(text: string, position: number): Promise<unknown>;
  writeFile(text: string): Promise<void>;
  sync(): Promise<void>;
  utimes(accessedAt: Date, modifiedAt: Date): Promise<void>;
  close(): Promise<void>;
}

/** The part of Node's file system that the file store uses; a simulation has one of its own. */
export interface FileSystem {
  open(path: string, flags: 'wx', mode: number): Promise<OpenFile>;
  /** Read a file of ours of `most` bytes at most, which somebody may have replaced by anything. */
  readSmallFile(path: string, most: number): Promise<SmallFile>;
  readdir(path: string): Promise<string[]>;
  /** @returns when a file was last touched, by the clock of the file system, and whether it is a symbolic link */
  look(path: string): Promise<{ readonly touchedNs: bigint; readonly touchedMs: number; readonly isLink: boolean }>;
  link(existing: string, path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Make a directory and those above it, when they are missing. */
  mkdir(path: string, mode: number): Promise<void>;
  /** Make what was created and removed in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /**
   * Be told the names of files that change in a directory. A hint: not every file system tells.
   *
   * @returns stops the watching
   */
  watch(directory: string, listener: (name: string) => void): () => void;
}

/** The file system of the machine. */
export const NODE_FILE_SYSTEM: FileSystem = {
  open: async (path, flags, mode) => open(path, flags, mode),
  readSmallFile,
  readdir: async (path) => readdir(path),
  look: async (path) => {
    const found = await lstat(path, { bigint: true });
    return { touchedNs: found.mtimeNs, touchedMs: Number(found.mtimeMs), isLink: found.isSymbolicLink() };
  },
  link,
  rename,
  unlink,
  mkdir: async (path, mode) => void (await mkdir(path, { recursive: true, mode })),
  syncDirectory: async (path) => {
    const directory = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK);
    await directory.sync().finally(async () => directory.close());
  },
  watch: watchDirectory,
};

/** Not every file system tells of changes, and a machine can run out of watches; whoever watches also polls. */
function watchDirectory(directory: string, listener: (name: string) => void): () => void {
  try {
    const watcher = watch(directory, { persistent: false }, (_event, name) => listener(name ?? ''));
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}

/**
 * Runs operations on files, each limited in time. A file system that does not respond, e.g. of a server that is gone,
 * keeps one of the few threads that all file operations and name lookups of the process share. So while an operation is
 * overdue, no further one is begun: the others of the process go on.
 */
export class FileOperations {
  #overdue = 0;

  /** @param timeoutMs how long one may take */
  constructor(
    private readonly timeoutMs: number,
    private readonly clock: Clock = SYSTEM_RUNTIME.clock,
  ) {}

  /**
   * @param onLate is given what an operation came to that had been given up
   * @throws {@link StoreError} `TIMEOUT`; or with the code of the system, and what could not be done
   */
  async run<T>(operation: () => Promise<T>, onLate: (result: T) => void = () => undefined): Promise<T> {
    const late = () => new StoreError('TIMEOUT', `the file system has not responded for ${this.timeoutMs} ms`);
    if (this.#overdue > 0) throw late();
    const running = operation();
    let timer: ClockTimer | undefined;
    const limit = new Promise<never>((_resolve, reject) => {
      const giveUp = () => {
        this.#overdue += 1;
        running.then(onLate, () => undefined).finally(() => (this.#overdue -= 1));
        reject(late());
      };
      timer = this.clock.setTimer(giveUp, this.timeoutMs, true);
    });
    try {
      return await Promise.race([running, limit]);
    } catch (error) {
      throw withItsReason(error);
    } finally {
      timer?.cancel();
    }
  }
}

/** An error of the system says which call failed, and on what; the names of our files tell of nothing that is stored. */
function withItsReason(error: unknown): unknown {
  const { code, syscall, path: where } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (typeof code !== 'string' || typeof syscall !== 'string') return error;
  return new StoreError(code, where === undefined ? syscall : `${syscall} ${path.basename(where)}`);
}

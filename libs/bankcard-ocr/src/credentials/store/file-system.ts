import { watch } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';

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
  open(path: string, flags: 'wx' | 'r', mode?: number): Promise<OpenFile>;
  readFile(path: string): Promise<string>;
  readdir(path: string): Promise<string[]>;
  /** @returns when the file was last touched, by the clock of the file system */
  touchedAt(path: string): Promise<{ readonly ns: bigint; readonly ms: number }>;
  link(existing: string, path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Make a directory and those above it, when they are missing. */
  mkdir(path: string, mode: number): Promise<void>;
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
  readFile: async (path) => readFile(path, 'utf8'),
  readdir: async (path) => readdir(path),
  touchedAt: async (path) => {
    const { mtimeNs, mtimeMs } = await stat(path, { bigint: true });
    return { ns: mtimeNs, ms: Number(mtimeMs) };
  },
  link,
  rename,
  unlink,
  mkdir: async (path, mode) => void (await mkdir(path, { recursive: true, mode })),
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

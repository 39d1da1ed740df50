import { constants, type Stats, watch } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';

// Windows lacks the last three: there they are undefined, which counts as 0.
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

export interface OpenFile extends Pick<FileHandle, 'sync' | 'utimes' | 'close'> {
  write(text: string, position: number): Promise<unknown>;
  writeFile(content: string | Uint8Array): Promise<void>;
}

type SmallFile =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'missing' }
  /** A pipe, a device, a link, a folder, a file that is far too large, or one that this user made and may not read. */
  | { readonly kind: 'unusable' };

/** The part of Node's file system that files of the library use; a simulation has one of its own. */
export interface FileSystem {
  open(path: string, flags: 'wx', mode: number): Promise<OpenFile>;
  /** Read a file of at most `maxBytes`, in whose place anything may be by now. */
  readSmallFile(path: string, maxBytes: number): Promise<SmallFile>;
  readdir(path: string): Promise<string[]>;
  /** @returns when a file was last modified, by the clock of the file system; links are not followed */
  lstat(path: string): Promise<{ readonly mtimeNs: bigint; readonly isLink: boolean }>;
  link(existing: string, path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Make a directory and those above it, when they are missing. @returns the topmost one that was made */
  mkdir(path: string, mode: number): Promise<string | undefined>;
  syncDirectory(path: string): Promise<void>;
  /** Call `listener` with the names of files that change in a directory: a hint. @returns stops the watching */
  watch(directory: string, listener: (name: string) => void): () => void;
}

export const NODE_FILE_SYSTEM: FileSystem = {
  open: async (path, flags, mode) => open(path, flags, mode),
  readSmallFile,
  readdir: async (path) => readdir(path),
  lstat: async (path) => {
    const found = await lstat(path, { bigint: true });
    return { mtimeNs: found.mtimeNs, isLink: found.isSymbolicLink() };
  },
  link,
  rename,
  unlink,
  mkdir: async (path, mode) => mkdir(path, { recursive: true, mode }),
  syncDirectory: async (path) => {
    const directory = await open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    await directory.sync().finally(async () => directory.close());
  },
  watch: watchDirectory,
};

/** Not every file system reports changes, and a machine can run out of watches: the caller polls as well. */
function watchDirectory(directory: string, listener: (name: string) => void): () => void {
  try {
    const watcher = watch(directory, { persistent: false }, (_event, name) => listener(name ?? ''));
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}

/** A link is not followed, only regular files are opened, and opening does not wait for anything. */
async function readSmallFile(path: string, maxBytes: number): Promise<SmallFile> {
  const found = await lstat(path).catch(undefinedWhenMissing);
  if (!found) return { kind: 'missing' };
  // Opening a device can do something to it, and opening a pipe waits for its other end.
  if (!found.isFile() || found.size > maxBytes) return { kind: 'unusable' };
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return 'missing';
    // It was replaced by a link, or a socket, in between.
    if (error.code === 'ELOOP' || error.code === 'EMLINK' || error.code === 'ENXIO') return 'unusable';
    if ((error.code === 'EACCES' || error.code === 'EPERM') && isOwn(found)) return 'unusable';
    throw error;
  });
  if (typeof file === 'string') return { kind: file };
  try {
    if (!(await file.stat()).isFile()) return { kind: 'unusable' };
    const bytes = Buffer.allocUnsafe(maxBytes + 1);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length > maxBytes ? { kind: 'unusable' } : { kind: 'bytes', bytes: Buffer.from(bytes.subarray(0, length)) };
  } finally {
    await file.close();
  }
}

/** Whether the user of this process made a file; never known on Windows. */
export function isOwn({ uid }: Pick<Stats, 'uid'>): boolean {
  return uid === process.geteuid?.();
}

export function undefinedWhenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

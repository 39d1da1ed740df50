import { constants, type Stats, watch } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';

// Windows lacks the last three: there they are undefined, which counts as 0.
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

export interface OpenFile extends Pick<FileHandle, 'sync' | 'utimes' | 'close'> {
  write(text: string, position: number): Promise<unknown>;
  writeFile(content: string | Uint8Array): Promise<void>;
}

/** The part of Node's file system that files of the library use; a simulation has one of its own. */
export type FileSystem = typeof NODE_FILE_SYSTEM;

export const NODE_FILE_SYSTEM = {
  open: async (path: string, flags: 'wx', mode: number): Promise<OpenFile> => open(path, flags, mode),
  readSmallFile,
  readdir: async (path: string) => readdir(path),
  /** @returns when a file was last modified, by the clock of the file system; links are not followed */
  lstat: async (path: string) => {
    const found = await lstat(path, { bigint: true });
    return { mtimeNs: found.mtimeNs, isLink: found.isSymbolicLink() };
  },
  link: async (existing: string, path: string) => link(existing, path),
  rename: async (from: string, to: string) => rename(from, to),
  unlink: async (path: string) => unlink(path),
  /** Make a directory and those above it, when they are missing. @returns the topmost one that was made */
  mkdir: async (path: string, mode: number) => mkdir(path, { recursive: true, mode }),
  syncDirectory: async (path: string) => {
    const directory = await open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    await directory.sync().finally(async () => directory.close());
  },
  watch: watchDirectory,
};

/**
 * Call `listener` with the names of files that change in a directory: a hint. Not every file system reports changes,
 * and a machine can run out of watches: the caller polls as well. @returns stops the watching
 */
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
 * Read a file of at most `maxBytes`, in whose place anything may be by now. A link is not followed, only regular files
 * are opened, and opening does not wait for anything.
 * @returns `unusable` for a pipe, a device, a link, a folder, a file that is far too large, or one that this user made
 *   and may not read
 */
async function readSmallFile(path: string, maxBytes: number): Promise<Buffer | 'missing' | 'unusable'> {
  const found = await lstat(path).catch(undefinedWhenMissing);
  if (!found) return 'missing';
  // Opening a device can do something to it, and opening a pipe waits for its other end.
  if (!found.isFile() || found.size > maxBytes) return 'unusable';
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return 'missing';
    // It was replaced by a link, or a socket, in between.
    if (error.code === 'ELOOP' || error.code === 'EMLINK' || error.code === 'ENXIO') return 'unusable';
    if ((error.code === 'EACCES' || error.code === 'EPERM') && isOwn(found)) return 'unusable';
    throw error;
  });
  if (typeof file === 'string') return file;
  try {
    if (!(await file.stat()).isFile()) return 'unusable';
    // It may grow meanwhile.
    const pieces: Buffer[] = await file.createReadStream({ end: maxBytes, autoClose: false }).toArray();
    const bytes = Buffer.concat(pieces);
    return bytes.length > maxBytes ? 'unusable' : bytes;
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

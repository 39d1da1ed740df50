import { createWriteStream, type WriteStream } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Clock } from './clock.js';
import { type FileSystem, NODE_FILE_SYSTEM, undefinedWhenMissing } from './file-system.js';

/** A file, mode 0600, made durable under a temporary name: under its final one it is always whole. */
export class DurableFile {
  readonly temporaryPath: string;
  #stream: WriteStream | undefined;

  /** @param temporaryName unique; the directory is on the file system of the final name */
  constructor(
    directory: string,
    temporaryName: string,
    private readonly files: FileSystem = NODE_FILE_SYSTEM,
  ) {
    this.temporaryPath = join(directory, temporaryName);
  }

  async write(content: string | Uint8Array): Promise<void> {
    const file = await this.files.open(this.temporaryPath, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } catch (error) {
      await this.remove().catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Write the content piece by piece: it is whole and durable when the stream has closed. On the machine's disk only. */
  createWriteStream(): WriteStream {
    this.#stream = createWriteStream(this.temporaryPath, { flags: 'wx', mode: 0o600, flush: true });
    return this.#stream;
  }

  async replace(path: string): Promise<void> {
    await this.files.rename(this.temporaryPath, path);
  }

  /** Give it its final name, unless a file has that name already. {@link remove} is to follow. @returns whether it has */
  async create(path: string): Promise<boolean> {
    try {
      await this.files.link(this.temporaryPath, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  /** Remove the temporary file. The stream may still be open, or even about to create it. */
  async remove(): Promise<void> {
    const stream = this.#stream;
    if (stream && !stream.closed) await finished(stream.destroy()).catch(() => undefined);
    await this.files.unlink(this.temporaryPath).catch(undefinedWhenMissing);
  }
}

/** Errors of systems that cannot make a directory durable; the files in it are complete all the same. */
const UNSUPPORTED = /^(EINVAL|ENOTSUP|ENOSYS|EISDIR|EPERM|EACCES)$/;

/** Make the names in a directory durable, where the system can. */
export async function syncDirectory(directory: string, files: FileSystem = NODE_FILE_SYSTEM): Promise<void> {
  try {
    await files.syncDirectory(directory);
  } catch (error) {
    if (!UNSUPPORTED.test((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Make a directory, mode 0700, and those above it, when they are missing; durable when it returns. */
export async function makeDirectory(directory: string, files: FileSystem = NODE_FILE_SYSTEM): Promise<void> {
  const topmost = await files.mkdir(directory, 0o700);
  if (topmost === undefined) return;
  const above = dirname(resolve(topmost));
  for (let made = resolve(directory); made !== above; made = dirname(made)) await syncDirectory(dirname(made), files);
}

/** Remove what killed processes have left under temporary names; one that cannot be removed is left. */
export async function removeAbandonedFiles(
  directory: string,
  isTemporaryName: (name: string) => boolean,
  olderThanMs: number,
  clock: Clock,
  files: FileSystem = NODE_FILE_SYSTEM,
): Promise<void> {
  for (const name of await files.readdir(directory)) {
    if (!isTemporaryName(name)) continue;
    const path = join(directory, name);
    const found = await files.lstat(path).catch(() => undefined);
    if (found && clock.now() - Number(found.mtimeNs / 1_000_000n) > olderThanMs) {
      await files.unlink(path).catch(() => undefined);
    }
  }
}

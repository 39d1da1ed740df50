import { randomUUID } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from './sync-directory.js';

/** Hidden, and nobody else's. */
const NAME = /^\.bankcard-ocr-[0-9a-f-]{36}\.part$/;
/** No download lasts so long: what is older was left by a process that was killed. */
const LEFT_OVER_AFTER_MS = 3_600_000;

/** A file that is being written under a name of its own, beside the name that it is to have. */
export class UnfinishedFile {
  private constructor(
    readonly stream: WriteStream,
    private readonly path: string,
    private readonly finalPath: string,
  ) {}

  /** @param finalPath its directory is made when there is none, mode 0700 */
  static async create(finalPath: string): Promise<UnfinishedFile> {
    const directory = dirname(finalPath);
    await makeDirectory(directory);
    const path = join(directory, `.bankcard-ocr-${randomUUID()}.part`);
    // `flush`: it is made durable before it is closed, and its closing is waited for.
    return new UnfinishedFile(createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }), path, finalPath);
  }

  /** Give it its name, in place of a file that has it already. */
  async keep(): Promise<string> {
    await rename(this.path, this.finalPath);
    return this.finalPath;
  }

  /** The stream may still be open, or even about to make the file. */
  async remove(): Promise<void> {
    if (!this.stream.closed) {
      await new Promise<void>((resolve) =>
        this.stream
          .once('close', resolve)
          .once('error', () => undefined)
          .destroy(),
      );
    }
    await unlinkIfThere(this.path);
  }
}

/** Remove what killed processes have left half written in a directory. */
export async function removeLeftOvers(directory: string): Promise<void> {
  for (const name of (await readdir(directory)).filter((name) => NAME.test(name))) {
    const path = join(directory, name);
    const changedAt = (await stat(path).catch(undefinedWhenMissing))?.mtimeMs ?? Infinity;
    if (Date.now() - changedAt > LEFT_OVER_AFTER_MS) await unlinkIfThere(path);
  }
}

async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = directory; made !== dirname(first); made = dirname(made)) await syncDirectory(dirname(made));
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch(undefinedWhenMissing);
}

function undefinedWhenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

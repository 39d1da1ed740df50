import { randomUUID } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { checkOrderNumber } from '../../call/order-number.js';
import type { PhotoKind } from '../../card/card-photo.js';
import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import type { PhotoTransaction, PhotoMeta } from './photo-sink.js';

/** Listing a directory of many photos takes a while. */
const LOOK_FOR_LEFT_OVERS_EVERY_MS = 3_600_000;

/** Known to every copy of the library in a process. */
const BRAND = Symbol.for('nestjs-bankcard-ocr/photo-directory');

/** A directory that takes downloaded photos, of any number of orders at once; made by {@link toDirectory}. */
export class PhotoDirectory {
  /** One that another copy of the library has made is one too. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
  }

  #lookedAt = -Infinity;

  /** @param path absolute */
  constructor(readonly path: string) {}

  /** Where the photos of one attempt go; not for applications. */
  batch(): PhotoTransaction {
    const batch = new DirectoryTransaction(this.path);
    return {
      open: (kind, meta) => batch.open(kind, meta),
      discard: () => batch.discard(),
      commit: async (kinds) => {
        const paths = await batch.commit(kinds);
        if (paths.size > 0) await this.#clearUp();
        return paths;
      },
    };
  }

  /** The photos are there: that something else cannot be cleared away is not worth an error. */
  async #clearUp(): Promise<void> {
    if (performance.now() - this.#lookedAt < LOOK_FOR_LEFT_OVERS_EVERY_MS) return;
    this.#lookedAt = performance.now();
    await removeLeftOvers(this.path).catch(() => undefined);
  }
}

Object.defineProperty(PhotoDirectory.prototype, BRAND, { value: true });

/**
 * Write photos into a directory, each as `<order number>-<kind>.<extension>`, mode 0600.
 *
 * They are written under hidden names, made durable, and get their own names one after the other when the whole answer has
 * come and is good: a file of such a name is always whole, whatever kills the process; one that was there is replaced. What
 * killed processes have left is removed after an hour, by the next download.
 *
 * @param path the directory, on a local disk; made when there is none, mode 0700
 * @returns to be kept and used for any number of downloads
 * @throws {@link BankCardOcrError} `INVALID_ARGUMENT`
 */
export function toDirectory(path: string): PhotoDirectory {
  if (typeof path !== 'string' || path.trim() === '' || path.includes('\0')) {
    throw new BankCardOcrError('INVALID_ARGUMENT', {
      message: 'path must be the path of a directory',
      messageZh: 'path 必须是目录路径',
    });
  }
  return new PhotoDirectory(resolve(path));
}

/** The photos of one attempt as files of a directory, which get their names when the whole answer is known to be good. */
class DirectoryTransaction implements PhotoTransaction {
  readonly #files = new Map<PhotoKind, Promise<UnfinishedFile>>();

  constructor(private readonly directory: string) {}

  async open(kind: PhotoKind, { orderNo, extension }: PhotoMeta): Promise<Writable> {
    // It becomes part of a path: checked here too, however it came.
    checkOrderNumber(orderNo);
    const file = UnfinishedFile.create(join(this.directory, `${orderNo}-${kind}.${extension}`));
    this.#files.set(kind, file);
    return (await file).stream;
  }

  async commit(kinds: readonly PhotoKind[]): Promise<ReadonlyMap<PhotoKind, string>> {
    const paths = new Map<PhotoKind, string>();
    for (const kind of kinds) {
      const file = await this.#files.get(kind);
      if (file) paths.set(kind, await file.keep());
      this.#files.delete(kind);
    }
    if (paths.size > 0) await syncDirectory(this.directory);
    // Those of damaged photos; the others are there, whatever becomes of these.
    await this.discard().catch(() => undefined);
    return paths;
  }

  async discard(): Promise<void> {
    const files = [...this.#files.values()];
    this.#files.clear();
    await Promise.all(files.map(removeFile));
  }
}

async function removeFile(file: Promise<UnfinishedFile>): Promise<void> {
  // Where no file could be made there is none to be removed; its error has been told.
  const made = await file.catch(() => undefined);
  await made?.remove();
}

/** Hidden, and nobody else's. */
const NAME = /^\.bankcard-ocr-[0-9a-f-]{36}\.part$/;
/** No download lasts so long: what is older was left by a process that was killed. */
const LEFT_OVER_AFTER_MS = 3_600_000;

/** A file that is being written under a name of its own, beside the name that it is to have. */
class UnfinishedFile {
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
async function removeLeftOvers(directory: string): Promise<void> {
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

/** What systems say that cannot make a directory durable; its files are complete all the same. */
const CANNOT: ReadonlySet<string | undefined> = new Set(['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM', 'EACCES']);

/** Make the names in a directory durable. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r');
    await directory.sync().finally(() => directory.close());
  } catch (error) {
    if (!CANNOT.has((error as NodeJS.ErrnoException).code)) throw error;
  }
}

import { resolve } from 'node:path';
import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { DirectoryBatch } from './directory.batch.js';
import type { PhotoBatch } from './photo-batch.js';
import { removeLeftOvers } from './unfinished-file.js';

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
  batch(): PhotoBatch {
    const batch = new DirectoryBatch(this.path);
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

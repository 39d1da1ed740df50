import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { checkOrderNumber } from '../../call/order-number.js';
import type { PhotoKind } from '../../card/card-photo.js';
import { invalidArgument } from '../../errors/bank-card-ocr-error.js';
import { DurableFile, makeDirectory, removeAbandonedFiles, syncDirectory } from '../../runtime/durable-file.js';
import { knownToEveryCopy } from '../../runtime/every-copy.js';
import { SYSTEM_RUNTIME } from '../../runtime/random.js';
import type { PhotoMeta } from './sink.target.js';

const { clock } = SYSTEM_RUNTIME;
/** Listing a directory of many photos takes a while. */
const CLEAN_UP_EVERY_MS = 3_600_000;
/** No download lasts so long: a process that was killed has left what is older. */
const ABANDONED_AFTER_MS = 3_600_000;
const TEMPORARY_NAME = /^\.bankcard-ocr-[0-9a-f-]{36}\.part$/;

/** A directory that takes downloaded photos, of any number of orders at once; made by {@link toDirectory}. */
export class PhotoDirectory {
  static {
    knownToEveryCopy(this, 'photo-directory');
  }

  #cleanedUpAt = -Infinity;

  /** @param path absolute */
  constructor(readonly path: string) {}

  /**
   * The photos of one attempt, which get their names when the whole response is known to be good: `commit` keeps those
   * that have been written whole, and nothing else; `discard` does nothing about them. @internal
   */
  transaction() {
    const files = new Map<PhotoKind, { readonly file: DurableFile; readonly finalPath: string }>();
    const discard = async (): Promise<void> => {
      const unwanted = [...files.values()];
      files.clear();
      await Promise.all(unwanted.map(({ file }) => file.remove()));
    };
    return {
      open: async (kind: PhotoKind, { orderNo, extension }: PhotoMeta): Promise<Writable> => {
        // It becomes part of a path.
        checkOrderNumber(orderNo);
        const file = new DurableFile(this.path, `.bankcard-ocr-${randomUUID()}.part`);
        files.set(kind, { file, finalPath: join(this.path, `${orderNo}-${kind}.${extension}`) });
        await makeDirectory(this.path);
        if (!files.has(kind)) throw new Error('the download was abandoned');
        return file.createWriteStream();
      },
      commit: async <P extends { readonly kind: PhotoKind }>(photos: readonly P[]) => {
        const kept: (P & { readonly path: string })[] = [];
        for (const photo of photos) {
          const { file, finalPath } = files.get(photo.kind)!;
          await file.replace(finalPath);
          files.delete(photo.kind);
          kept.push({ ...photo, path: finalPath });
        }
        if (kept.length > 0) await syncDirectory(this.path);
        // The photos are there: that others, or old ones, cannot be removed is not worth an error.
        await discard().catch(() => undefined);
        if (kept.length > 0) await this.#cleanUp().catch(() => undefined);
        return kept;
      },
      discard,
    };
  }

  async #cleanUp(): Promise<void> {
    if (clock.monotonic() - this.#cleanedUpAt < CLEAN_UP_EVERY_MS) return;
    this.#cleanedUpAt = clock.monotonic();
    await removeAbandonedFiles(this.path, (name) => TEMPORARY_NAME.test(name), ABANDONED_AFTER_MS, clock);
  }
}

/**
 * Write photos as `<order number>-<kind>.<extension>`, mode 0600, into a directory of a local disk, made when missing.
 * A file of such a name is always whole. Hidden files of killed processes are removed an hour later, by a download.
 * @returns to be used for any number of downloads. @throws {@link BankCardOcrError} `INVALID_ARGUMENT`
 */
export function toDirectory(path: string): PhotoDirectory {
  if (typeof path !== 'string' || path.trim() === '' || path.includes('\0'))
    throw invalidArgument('path must be the path of a directory', 'path 必须是目录路径');
  return new PhotoDirectory(resolve(path));
}

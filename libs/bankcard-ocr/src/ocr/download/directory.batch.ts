import type { Writable } from 'node:stream';
import { join } from 'node:path';
import type { PhotoKind } from '../../card/card-photo.js';
import { checkOrderNumber } from '../order-number.js';
import type { PhotoBatch } from './photo-batch.js';
import type { PhotoMeta } from './photo-sink.js';
import { syncDirectory } from './sync-directory.js';
import { UnfinishedFile } from './unfinished-file.js';

/** The photos of one attempt as files of a directory, which get their names when the whole answer is known to be good. */
export class DirectoryBatch implements PhotoBatch {
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

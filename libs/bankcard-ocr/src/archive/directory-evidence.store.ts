import { randomUUID } from 'node:crypto';
import { readdir, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { SystemClock } from '../runtime/clock.js';
import { DurableFile, makeDirectory, removeAbandonedFiles, syncDirectory } from '../runtime/durable-file.js';
import { undefinedWhenMissing } from '../runtime/file-system.js';
import { EvidenceStore } from './evidence-store.js';

const TEMPORARY = /^\.[0-9a-f-]{36}\.part$/;
const ABANDONED_AFTER_MS = 3_600_000;

/** Objects as files below a directory of a local disk, mode 0600: written under temporary names, synced, then linked. */
export class DirectoryEvidenceStore extends EvidenceStore {
  readonly #made = new Set<string>();

  /** @param directory absolute or relative to the working directory; made, mode 0700, when it is missing */
  constructor(private readonly directory: string) {
    super();
  }

  async create(name: string, bytes: Buffer): Promise<boolean> {
    const target = this.#pathOf(name);
    const folder = path.dirname(target);
    await this.#make(folder);
    const file = new DurableFile(folder, `.${randomUUID()}.part`);
    try {
      await file.write(bytes);
      const isNew = await file.create(target);
      return isNew;
    } finally {
      await file.remove();
      await syncDirectory(folder);
    }
  }

  async read(name: string): Promise<Buffer | undefined> {
    return readFile(this.#pathOf(name)).catch(undefinedWhenMissing);
  }

  async remove(name: string): Promise<void> {
    const target = this.#pathOf(name);
    const removed = await unlink(target).then(() => true, undefinedWhenMissing);
    if (removed) await syncDirectory(path.dirname(target));
  }

  async *list(prefix: string): AsyncIterable<string> {
    const entries = await readdir(this.#pathOf(prefix), { withFileTypes: true }).catch(undefinedWhenMissing);
    if (!entries) return;
    // A folder sorts as its names do: with the slash behind it.
    const names = entries
      .filter(({ name }) => !name.startsWith('.'))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort();
    for (const name of names) {
      if (name.endsWith('/')) yield* this.list(prefix + name);
      else yield prefix + name;
    }
  }

  async #make(folder: string): Promise<void> {
    if (this.#made.has(folder)) return;
    await makeDirectory(folder);
    await removeAbandonedFiles(folder, (name) => TEMPORARY.test(name), ABANDONED_AFTER_MS, new SystemClock());
    // Every order has a folder of its own: not all of them are remembered.
    if (this.#made.size > 1_000) this.#made.clear();
    this.#made.add(folder);
  }

  #pathOf(name: string): string {
    return path.join(this.directory, ...name.split('/'));
  }
}

import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { SystemClock } from '../runtime/clock.js';
import { DurableFile, makeDirectory, removeAbandonedFiles, syncDirectory } from '../runtime/durable-file.js';
import { undefinedWhenMissing } from '../runtime/file-system.js';
import { CoalescedRuns } from './coalesced-runs.js';
import { EvidenceStore } from './evidence-store.js';

/** Below the directory, for files that are being written. */
const TEMPORARY = '.tmp';
const ABANDONED_AFTER_MS = 3_600_000;
/** No empty parts and none that begin with a dot: a name cannot lead out of the directory. */
const NAME = /^(?:[A-Za-z0-9][A-Za-z0-9.-]*\/)*[A-Za-z0-9][A-Za-z0-9.-]*$/;
/** Another process may remove an empty folder that is about to be used, again and again. */
const MOST_ATTEMPTS = 20;

/**
 * Objects as files below a directory of a local disk, mode 0600: written under temporary names, synced, then linked. Photos,
 * whose names are used once, are written under their own.
 */
export class DirectoryEvidenceStore extends EvidenceStore {
  readonly #made = new Set<string>();
  readonly #syncs = new CoalescedRuns((directory) => syncDirectory(directory));
  #sweptAtMs = -Infinity;

  /** @param directory absolute or relative to the working directory; made, mode 0700, when it is missing */
  constructor(private readonly directory: string) {
    super();
  }

  async create(name: string, bytes: Buffer): Promise<boolean> {
    const target = this.#pathOf(name);
    // Of nothing there is no half.
    if (bytes.length === 0) return this.#place(target, async () => createEmpty(target));
    const file = new DurableFile(await this.#temporaryFolder(), `${randomUUID()}.part`);
    try {
      await file.write(bytes);
      return await this.#place(target, async () => file.create(target));
    } finally {
      await file.remove();
    }
  }

  override async stage(name: string, bytes: Buffer): Promise<void> {
    const target = this.#pathOf(name);
    const { dir, base } = path.parse(target);
    await this.#inFolder(dir, async () => new DurableFile(dir, base).write(bytes));
  }

  override async flush(names: readonly string[]): Promise<void> {
    const folders = new Set(names.map((name) => path.dirname(this.#pathOf(name))));
    await Promise.all([...folders].map(async (folder) => this.#syncs.run(folder)));
  }

  async read(name: string): Promise<Buffer | undefined> {
    return readFile(this.#pathOf(name)).catch(undefinedWhenMissing);
  }

  async remove(name: string): Promise<void> {
    const target = this.#pathOf(name);
    const removed = await unlink(target).then(() => true, undefinedWhenMissing);
    const folder = path.dirname(target);
    if (removed) await syncDirectory(folder);
    // Also where nothing was: a write that failed has made the folder.
    if (folder === path.join(this.directory)) return;
    await rmdir(folder).then(
      () => this.#made.delete(folder),
      () => undefined,
    );
  }

  async *list(prefix: string): AsyncIterable<string> {
    const folder = prefix === '' ? this.directory : this.#pathOf(prefix.replace(/\/$/, ''));
    const entries = await readdir(folder, { withFileTypes: true }).catch(undefinedWhenMissing);
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

  async #place(target: string, create: () => Promise<boolean>): Promise<boolean> {
    const folder = path.dirname(target);
    return this.#inFolder(folder, async () => {
      const isNew = await create();
      await this.#syncs.run(folder);
      return isNew;
    });
  }

  /** The folder may be removed by another process, while it is empty. */
  async #inFolder<T>(folder: string, write: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#make(folder);
      try {
        return await write();
      } catch (error) {
        this.#made.delete(folder);
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  async #make(folder: string): Promise<void> {
    if (this.#made.has(folder)) return;
    await makeDirectory(folder);
    // Every order has a folder of its own: not all of them are remembered.
    if (this.#made.size > 1_000) this.#made.clear();
    this.#made.add(folder);
  }

  /** Swept now and then of what killed processes have left. */
  async #temporaryFolder(): Promise<string> {
    const folder = path.join(this.directory, TEMPORARY);
    await this.#make(folder);
    const now = performance.now();
    if (now - this.#sweptAtMs > ABANDONED_AFTER_MS) {
      this.#sweptAtMs = now;
      await removeAbandonedFiles(folder, () => true, ABANDONED_AFTER_MS, new SystemClock());
    }
    return folder;
  }

  #pathOf(name: string): string {
    if (!NAME.test(name)) throw new TypeError('an object has a name that no object can have');
    return path.join(this.directory, ...name.split('/'));
  }
}

async function createEmpty(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

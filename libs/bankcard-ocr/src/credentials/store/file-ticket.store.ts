import { randomUUID } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readTicketRecord } from '../read-ticket-record.js';
import type { TicketRecord } from '../ticket-record.js';
import { FileLeases } from './file-lease.js';
import { listNumbers, numberedName } from './numbered-files.js';
import { recordFolder } from './record-folder.js';
import { type StoreAccess, type TicketLease, TicketStore } from './ticket-store.js';

const SERIES = 'record';
/** How many records stay. A number is free again only when so many newer ones exist; see `swap`. */
const KEPT = 3;
/** A listed record that cannot be opened so often in a row is no file. */
const LOOKS_FOR_A_FILE = 5;
/** What a killed process may have left half written is cleared away when it is older than this. */
const LEFT_OVER_AFTER_MS = 60_000;

/** Settings of a {@link FileTicketStore}. */
export interface FileTicketStoreOptions {
  /** The directory; several app ids may share it. Created when missing, mode 0700. */
  readonly directory: string;
  readonly appId: string;
  /** Called with the path of a record that could not be read and was set aside. */
  readonly onDamaged?: ((path: string) => void) | undefined;
}

/**
 * Keeps the credentials in files, mode 0600, shared by all processes of one machine.
 *
 * Every write is a new file `record.<revision>`: written beside, made durable, then linked to its name, which succeeds
 * for one process only. So a process may be killed at any moment, and a reader finds the old record or the new one.
 */
export class FileTicketStore extends TicketStore {
  readonly description: string;
  readonly scope = 'machine';
  readonly #directory: string;
  readonly #leases: FileLeases;
  readonly #stopWatching = new Set<() => void>();

  constructor(private readonly options: FileTicketStoreOptions) {
    super();
    this.description = `file:${options.directory}`;
    this.#directory = recordFolder(options.directory, options.appId);
    this.#leases = new FileLeases(this.#directory);
  }

  override async open(access: StoreAccess = 'write'): Promise<void> {
    if (access === 'read') return void (await this.read());
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await this.#clearLeftOvers();
    // What will be needed later is tried now: creating, making durable and linking.
    const probe = await this.#writeBeside('{}');
    try {
      await link(probe, `${probe}.linked`);
      await unlink(`${probe}.linked`);
    } finally {
      await unlink(probe);
    }
  }

  async read(): Promise<TicketRecord | undefined> {
    for (let looks = 1; ; looks += 1) {
      const highest = (await listNumbers(this.#directory, SERIES)).at(-1);
      if (highest === undefined) return undefined;
      const text = await readFile(this.#path(highest), 'utf8').catch(undefinedWhenNoFile);
      // A newer record has taken its place since the directory was listed: look again. Or the name leads nowhere.
      if (text === undefined && looks % LOOKS_FOR_A_FILE !== 0) continue;
      const record = readTicketRecord(text ?? '');
      if (record?.revision === highest) return record;
      await this.#setAside(this.#path(highest));
    }
  }

  async swap(expected: TicketRecord | undefined, next: TicketRecord, lease?: TicketLease): Promise<boolean> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const current = await this.read();
    if (current?.writeId !== expected?.writeId || current?.revision !== expected?.revision) return false;
    if (lease && !(await this.#leases.isHeld(lease.id))) return false;
    const beside = await this.#writeBeside(JSON.stringify(next));
    try {
      await link(beside, this.#path(next.revision));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await unlink(beside);
    }
    const revisions = await listNumbers(this.#directory, SERIES);
    if ((revisions.at(-1) ?? 0) >= next.revision + KEPT) {
      // We were slow: others had moved on, and our number was free only because it had been cleared away.
      await unlink(this.#path(next.revision)).catch(undefinedWhenMissing);
      return false;
    }
    await this.#makeDirectoryDurable();
    const old = revisions.filter((revision) => revision <= next.revision - KEPT);
    await Promise.all(old.map((revision) => unlink(this.#path(revision)).catch(undefinedWhenMissing)));
    return true;
  }

  async lease(ttlMs: number): Promise<TicketLease | undefined> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    return this.#leases.tryTake(ttlMs);
  }

  watch(listener: () => void): () => void {
    const watcher = tryToWatch(this.#directory, (name) => {
      if (name.startsWith(SERIES)) listener();
    });
    const stop = () => {
      this.#stopWatching.delete(stop);
      watcher?.close();
    };
    this.#stopWatching.add(stop);
    return stop;
  }

  async close(): Promise<void> {
    for (const stop of this.#stopWatching) stop();
  }

  #path(revision: number): string {
    return join(this.#directory, numberedName(SERIES, revision));
  }

  async #writeBeside(text: string): Promise<string> {
    const path = join(this.#directory, `beside.${randomUUID()}`);
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } catch (error) {
      await unlink(path);
      throw error;
    } finally {
      await file.close();
    }
    return path;
  }

  async #makeDirectoryDurable(): Promise<void> {
    const directory = await open(this.#directory, 'r');
    // Some file systems cannot do that; the record is complete all the same.
    await directory.sync().catch(() => undefined);
    await directory.close();
  }

  /** One name for all, so that damaged files, which may hold credentials, do not pile up. */
  async #setAside(path: string): Promise<void> {
    const aside = join(this.#directory, 'damaged');
    await rename(path, aside).catch(undefinedWhenMissing);
    this.options.onDamaged?.(aside);
  }

  async #clearLeftOvers(): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      if (!name.startsWith('beside.')) continue;
      const path = join(this.#directory, name);
      const age = Date.now() - ((await stat(path).catch(undefinedWhenMissing))?.mtimeMs ?? Infinity);
      if (age > LEFT_OVER_AFTER_MS) await unlink(path).catch(undefinedWhenMissing);
    }
  }
}

/** Not every file system tells of changes, and a machine can run out of watches; whoever watches also polls. */
function tryToWatch(directory: string, listener: (name: string) => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, (_event, name) => listener(name ?? ''));
    return watcher.on('error', () => watcher.close());
  } catch {
    return undefined;
  }
}

function undefinedWhenNoFile(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'EISDIR' && error.code !== 'ELOOP') undefinedWhenMissing(error);
}

function undefinedWhenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

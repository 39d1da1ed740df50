import { join } from 'node:path';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../../errors/configuration-error.js';
import { type Runtime, SYSTEM_RUNTIME } from '../../runtime/random.js';
import { parseTicketRecord } from '../ticket-record.codec.js';
import { HIGHEST_NUMBER, type TicketRecord } from '../ticket-record.js';
import { FileLeases } from './file-lease.js';
import { FileOperations, type FileSystem, NODE_FILE_SYSTEM } from './file-system.js';
import { describeVerdict, folderState, judgeFolder, recordFolder } from './folder-safety.js';
import { listNumbers, listSeries, numberedName, removeOrRename } from './numbered-files.js';
import { undefinedWhenMissing } from './read-small-file.js';
import { type StoreAccess, StoreError, type TicketLease, TicketStore } from './ticket-store.js';

const SERIES = 'record';
/** How many records stay. A number is free again only when so many newer ones exist; see `swap`. */
const KEPT = 3;
/** Under this name stands the last record that could not be read. */
const ASIDE = 'damaged';
/** So often in a row the highest record is gone before it is read: then something else is wrong. */
const MOST_LOOKS = 100;
/** A record is a few kilobytes; in bytes. */
export const LARGEST_RECORD_FILE = 262_144;
/** What a killed process may have left half written is cleared away when it is older than this. */
const LEFT_OVER_AFTER_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 10_000;

/** Settings of a {@link FileTicketStore}. */
export interface FileTicketStoreOptions {
  /** The directory; several app ids may share it. Created when missing, mode 0700. */
  readonly directory: string;
  readonly appId: string;
  /** Called with the path of a record that could not be read and was set aside. */
  readonly onDamaged?: ((path: string) => void) | undefined;
  /** Milliseconds that the file system may take for one operation of the store. @default 10000 */
  readonly timeoutMs?: number | undefined;
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
  /** The folder of the app id. */
  readonly #folder: string;
  readonly #operations: FileOperations;
  readonly #leases: FileLeases;
  readonly #stopWatching = new Set<() => void>();
  /** A reader changes nothing, and sets nothing aside. */
  #access: StoreAccess = 'write';
  readonly #files: FileSystem;
  readonly #runtime: Runtime;

  /** @internal the arguments after the first; an application leaves them out */
  constructor(
    private readonly options: FileTicketStoreOptions,
    files: FileSystem = NODE_FILE_SYSTEM,
    runtime: Runtime = SYSTEM_RUNTIME,
  ) {
    super();
    this.#files = files;
    this.#runtime = runtime;
    this.description = `file:${options.directory}`;
    this.#folder = recordFolder(options.directory, options.appId);
    this.#operations = new FileOperations(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, runtime.clock);
    this.#leases = new FileLeases(this.#folder, this.#operations, files, runtime);
  }

  /**
   * Try everything that will be used, and see who else may change what is stored.
   *
   * @throws {@link BankCardOcrConfigurationError} when the folder is a link, or others may write to it
   */
  override async open(access: StoreAccess = 'write'): Promise<void> {
    this.#access = access;
    await this.#operations.run(() => (access === 'read' ? this.#openToRead() : this.#openToWrite()));
  }

  async read(): Promise<TicketRecord | undefined> {
    return this.#operations.run(() => this.#read());
  }

  async compareAndSet(expected: TicketRecord | undefined, next: TicketRecord, lease?: TicketLease): Promise<boolean> {
    return this.#operations.run(() => this.#swap(expected, next, lease));
  }

  async acquireLease(ttlMs: number): Promise<TicketLease | undefined> {
    const take = async (): Promise<TicketLease | undefined> => {
      await this.#makeFolder();
      return this.#leases.tryTake(ttlMs);
    };
    // One that comes when nobody waits for it any more would be kept alive for nobody.
    return this.#operations.run(take, (late) => void late?.release());
  }

  watch(listener: () => void): () => void {
    const stopWatching = this.#files.watch(this.#folder, (name) => {
      if (name.startsWith(SERIES)) listener();
    });
    const stop = () => {
      this.#stopWatching.delete(stop);
      stopWatching();
    };
    this.#stopWatching.add(stop);
    return stop;
  }

  async close(): Promise<void> {
    for (const stop of this.#stopWatching) stop();
  }

  async #openToRead(): Promise<void> {
    await this.#judge('read');
    await this.#read();
  }

  async #openToWrite(): Promise<void> {
    await this.#files.mkdir(this.#folder, 0o700);
    await this.#judge('write');
    await this.#clearLeftOvers();
    // What will be needed later is tried now: creating, making durable and linking.
    const probe = await this.#writeBeside('{}');
    try {
      await this.#files.link(probe, `${probe}.linked`);
      await this.#files.unlink(`${probe}.linked`);
    } finally {
      await this.#files.unlink(probe);
    }
  }

  /** @throws {@link BankCardOcrConfigurationError} when the folder is a link, or others may change what is stored */
  async #judge(access: StoreAccess): Promise<void> {
    // Who may change what is stored is a question for a real file system only.
    const folder = this.#files === NODE_FILE_SYSTEM ? await folderState(this.#folder, 'tell') : undefined;
    if (!folder) return;
    const verdicts = await judgeFolder(folder, await folderState(this.options.directory), access);
    const refusal = verdicts.find(({ isRefused }) => isRefused);
    if (refusal) throw unsafe(this.description, describeVerdict(refusal));
    if (verdicts.length === 0) return;
    this.onWarning?.(
      `the ticket store ${this.description}: ${verdicts.map((verdict) => describeVerdict(verdict).en).join('; ')}`,
    );
  }

  async #read(): Promise<TicketRecord | undefined> {
    await this.#refuseLink();
    let hasSetAside = false;
    try {
      for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
        const { numbers, beyond } = await listSeries(this.#folder, SERIES, this.#files);
        for (const name of beyond) hasSetAside = (await this.#setAside(name)) || hasSetAside;
        let isOutdated = false;
        while (numbers.length > 0 && !isOutdated) {
          const highest = numbers.pop()!;
          const name = numberedName(SERIES, highest);
          const file = await this.#files.readSmallFile(join(this.#folder, name), LARGEST_RECORD_FILE);
          const record = file.kind === 'bytes' ? parseTicketRecord(file.bytes) : undefined;
          if (record?.revision === highest) return record;
          // A newer record has taken its place since the folder was listed, or somebody has set it aside: look again.
          if (file.kind === 'missing') isOutdated = true;
          else if (this.#access === 'read') return undefined;
          else hasSetAside = (await this.#setAside(name)) || hasSetAside;
        }
        if (!isOutdated) return undefined;
      }
    } finally {
      if (hasSetAside) this.options.onDamaged?.(this.#aside);
    }
    throw new StoreError('EBUSY', 'records come and go faster than they can be read');
  }

  async #swap(expected: TicketRecord | undefined, next: TicketRecord, lease?: TicketLease): Promise<boolean> {
    await this.#makeFolder();
    const current = await this.#read();
    if (current?.writeId !== expected?.writeId || current?.revision !== expected?.revision) return false;
    if (lease && !(await this.#leases.isHeld(lease.id))) return false;
    if (next.revision >= HIGHEST_NUMBER) {
      // Nobody could read it. Whoever reads next finds nothing, and begins anew.
      for (const number of await listNumbers(this.#folder, SERIES, this.#files))
        await this.#setAside(numberedName(SERIES, number));
      return false;
    }
    const beside = await this.#writeBeside(JSON.stringify(next));
    try {
      await this.#files.link(beside, this.#path(next.revision));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      // One that cannot be cleared away now is cleared away at a start.
      await this.#files.unlink(beside).catch(() => undefined);
    }
    const revisions = await listNumbers(this.#folder, SERIES, this.#files);
    if ((revisions.at(-1) ?? 0) >= next.revision + KEPT) {
      // We were slow: others had moved on, and our number was free only because it had been cleared away.
      await this.#files.unlink(this.#path(next.revision)).catch(undefinedWhenMissing);
      return false;
    }
    await this.#makeFolderDurable();
    const old = revisions.filter((revision) => revision <= next.revision - KEPT);
    await Promise.all(old.map((revision) => this.#remove(numberedName(SERIES, revision))));
    return true;
  }

  /** Somebody may have removed it while the process runs. */
  async #makeFolder(): Promise<void> {
    await this.#files.mkdir(this.#folder, 0o700);
    await this.#refuseLink();
  }

  /** Somebody may have put a link in its place while the process runs. */
  async #refuseLink(): Promise<void> {
    const found = await this.#files.look(this.#folder).catch(undefinedWhenMissing);
    if (found?.isLink) throw new StoreError('ELOOP', 'the folder of the app id is a symbolic link');
  }

  #path(revision: number): string {
    return join(this.#folder, numberedName(SERIES, revision));
  }

  async #writeBeside(text: string): Promise<string> {
    const path = join(this.#folder, `beside.${this.#runtime.random.id()}`);
    const file = await this.#files.open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } catch (error) {
      await this.#files.unlink(path).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
    return path;
  }

  async #makeFolderDurable(): Promise<void> {
    // Some file systems cannot do that; the record is complete all the same.
    await this.#files.syncDirectory(this.#folder).catch(() => undefined);
  }

  /** One name for all, so that damaged files, which may hold credentials, do not pile up. */
  get #aside(): string {
    return join(this.#folder, ASIDE);
  }

  /** @returns whether this process has done it; a reader leaves it to others */
  async #setAside(name: string): Promise<boolean> {
    if (this.#access === 'read') return false;
    const where = join(this.#folder, name);
    try {
      await this.#files.rename(where, this.#aside);
      return true;
    } catch (error) {
      // Another process has been quicker.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      // A folder does not take the place of a file, nor a file that of a folder.
      await this.#remove(ASIDE);
      return (await this.#files.rename(where, this.#aside).then(() => true, undefinedWhenMissing)) ?? false;
    }
  }

  async #remove(name: string): Promise<void> {
    await removeOrRename(this.#folder, name, this.#files, this.#runtime.random);
  }

  async #clearLeftOvers(): Promise<void> {
    for (const name of await this.#files.readdir(this.#folder)) {
      if (!name.startsWith('beside.')) continue;
      const found = await this.#files.look(join(this.#folder, name)).catch(() => undefined);
      if (found && this.#runtime.clock.now() - found.touchedMs > LEFT_OVER_AFTER_MS) await this.#remove(name);
    }
  }
}

function unsafe(description: string, problem: Problem): BankCardOcrConfigurationError {
  const told = new Problem(`${description} is not safe to use: ${problem.en}`, `${description} 不安全：${problem.zh}`);
  return new BankCardOcrConfigurationError([configurationIssue('ticketStore', told, 'BANKCARD_OCR_TICKET_STORE')]);
}

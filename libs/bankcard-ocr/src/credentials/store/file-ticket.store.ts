import { join } from 'node:path';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../../errors/configuration-error.js';
import { codeOrNameOf } from '../../errors/redaction.js';
import { type Text, text } from '../../errors/text.js';
import { DurableFile, makeDirectory, removeAbandonedFiles, syncDirectory } from '../../runtime/durable-file.js';
import { type FileSystem, NODE_FILE_SYSTEM, undefinedWhenMissing } from '../../runtime/file-system.js';
import { type Runtime, SYSTEM_RUNTIME } from '../../runtime/random.js';
import { parseTicketRecord } from '../ticket-record.codec.js';
import { HIGHEST_NUMBER, type TicketRecord } from '../ticket-record.js';
import { FileLeases } from './file-lease.js';
import { FileOperations } from './file-operations.js';
import {
  describeVerdict,
  folderFinding,
  folderState,
  type FolderVerdict,
  judgeFolder,
  nearestFolder,
  recordFolder,
} from './folder-safety.js';
import { listNumbers, listSeries, numberedName, removeOrRename } from './numbered-files.js';
import {
  contentFrom,
  readable,
  type StoreContent,
  type StoreFinding,
  type StoreInspection,
  tryLease,
} from './store-inspection.js';
import { type StoreAccess, StoreError, type TicketLease, TicketStore } from './ticket-store.js';

const SERIES = 'record';
/** How many records stay. A number is free again only when so many newer ones exist; see `swap`. */
const KEPT = 3;
/** Under this name stands the last record that could not be read. */
const ASIDE = 'damaged';
/** How often the highest record may be gone before it is read, or be set aside: after that something else is wrong. */
const MOST_TRIES = 1_000;
/** A record has a few kilobytes. */
const MAX_RECORD_BYTES = 262_144;
/** Prefix of temporary names. */
const BESIDE = 'beside.';
/** What a killed process may have left half written is removed when it is older than this. */
const ABANDONED_AFTER_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 10_000;

export const FILE_STORE_ADVICE: Text = text(
  'name a directory on a local disk that the user of this process may write to, and whose file system knows hard links',
  '请指定本地磁盘上的目录：本进程的用户可写，且文件系统支持硬链接',
);

/** Settings of a {@link FileTicketStore}. */
interface FileTicketStoreOptions {
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

  /** The arguments after the first are for tests; an application leaves them out. */
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

  override async inspect(access: StoreAccess = 'write'): Promise<StoreInspection> {
    const findings = await this.#inspectFolder(access).catch((error: unknown) => [this.#unusable(codeOrNameOf(error))]);
    const content = await contentFrom(() => this.#operations.run(() => this.#inspectRecord()));
    return { content, findings };
  }

  async #openToRead(): Promise<void> {
    await this.#checkFolder('read');
    await this.#read();
  }

  async #openToWrite(): Promise<void> {
    await makeDirectory(this.#folder, this.#files);
    await this.#checkFolder('write');
    const { clock } = this.#runtime;
    await removeAbandonedFiles(this.#folder, (name) => name.startsWith(BESIDE), ABANDONED_AFTER_MS, clock, this.#files);
    // What will be needed later is tried now: creating, making durable and linking.
    const probe = this.#newFile();
    try {
      await probe.write('{}');
      await probe.create(`${probe.temporaryPath}.linked`);
      await this.#files.unlink(`${probe.temporaryPath}.linked`);
    } finally {
      await probe.remove();
    }
  }

  /** What other users may do to the folder; undefined when it does not exist. */
  async #verdicts(access: StoreAccess): Promise<readonly FolderVerdict[] | undefined> {
    const folder = await folderState(this.#folder, 'tell');
    return folder && judgeFolder(folder, await folderState(this.options.directory), access);
  }

  /** @throws {@link BankCardOcrConfigurationError} when the folder is a link, or others may change what is stored */
  async #checkFolder(access: StoreAccess): Promise<void> {
    // A simulated file system has no users.
    const verdicts = this.#files === NODE_FILE_SYSTEM ? ((await this.#verdicts(access)) ?? []) : [];
    const refusal = verdicts.find(({ isRefused }) => isRefused);
    if (refusal) throw unsafe(this.description, describeVerdict(refusal));
    if (verdicts.length === 0) return;
    this.onWarning?.(
      `the ticket store ${this.description}: ${verdicts.map((verdict) => describeVerdict(verdict).en).join('; ')}`,
    );
  }

  async #inspectFolder(access: StoreAccess): Promise<StoreFinding[]> {
    const verdicts = await this.#verdicts(access);
    if (!verdicts) return [await this.#inspectMissing(access)];
    const safety = verdicts.map(folderFinding);
    // What this process created there would belong to its user, with mode 0600, and lock out the application.
    if (verdicts.some(({ isRefused }) => isRefused)) return safety;
    const facts = { kind: 'file' };
    try {
      if (access === 'read') {
        await listNumbers(this.#folder, SERIES, this.#files);
        return [readable(facts), ...safety];
      }
      await this.#operations.run(() => this.#openToWrite());
      return [await tryLease((ttlMs) => this.acquireLease(ttlMs), this.#runtime.clock, facts), ...safety];
    } catch (error) {
      return [this.#unusable(codeOrNameOf(error)), ...safety];
    }
  }

  async #inspectMissing(access: StoreAccess): Promise<StoreFinding> {
    const above = await nearestFolder(this.#folder);
    if (!above?.isWritable) return this.#unusable('EACCES');
    // A start as root would make a folder that the application may not use.
    if (process.geteuid?.() === 0 && !above.isOwnFolder) {
      return folderFinding({ problem: 'another-user', folder: above, isRefused: false });
    }
    return {
      status: access === 'read' ? 'warn' : 'ok',
      about: this.description,
      found: text('does not exist yet', '目录还不存在'),
      facts: { kind: 'file', exists: false },
      todo:
        access === 'read'
          ? text('Start a refresher on this directory first', '请先启动使用该目录的 refresher')
          : text('It can be made, by this user', '当前用户可以创建'),
    };
  }

  #unusable(code: string): StoreFinding {
    const found = text(`cannot be used (${code})`, `不可用（${code}）`);
    return { status: 'fail', about: this.description, found, facts: { kind: 'file', code }, todo: FILE_STORE_ADVICE };
  }

  async #inspectRecord(): Promise<StoreContent> {
    await this.#refuseLink();
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const newest = await this.#newest(false);
      if (newest.kind !== 'outdated') return newest.kind === 'damaged' ? { kind: 'damaged' } : newest;
    }
    throw busy();
  }

  async #read(): Promise<TicketRecord | undefined> {
    await this.#refuseLink();
    let hasSetAside = false;
    try {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const newest = await this.#newest(this.#access === 'write');
        if (newest.kind === 'record') return newest.record;
        if (newest.kind === 'nothing') return undefined;
        if (newest.kind === 'outdated') continue;
        if (this.#access === 'read') return undefined;
        hasSetAside = (await this.#setAside(newest.name)) || hasSetAside;
      }
    } finally {
      if (hasSetAside) this.options.onDamaged?.(this.#aside);
    }
    throw busy();
  }

  /**
   * What stands under the highest number: `outdated` when it was replaced, or set aside, since the folder was listed.
   *
   * @param countsBeyond whether a number beyond all that can be counted is damage, to be set aside
   */
  async #newest(
    countsBeyond: boolean,
  ): Promise<
    | { readonly kind: 'nothing' }
    | { readonly kind: 'outdated' }
    | { readonly kind: 'damaged'; readonly name: string }
    | { readonly kind: 'record'; readonly record: TicketRecord }
  > {
    const { numbers, beyond } = await listSeries(this.#folder, SERIES, this.#files);
    if (beyond[0] !== undefined && countsBeyond) return { kind: 'damaged', name: beyond[0] };
    const highest = numbers.at(-1);
    if (highest === undefined) return { kind: 'nothing' };
    const name = numberedName(SERIES, highest);
    const file = await this.#files.readSmallFile(join(this.#folder, name), MAX_RECORD_BYTES);
    if (file.kind === 'missing') return { kind: 'outdated' };
    const record = file.kind === 'bytes' ? parseTicketRecord(file.bytes) : undefined;
    return record?.revision === highest ? { kind: 'record', record } : { kind: 'damaged', name };
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
    const file = this.#newFile();
    try {
      await file.write(JSON.stringify(next));
      if (!(await file.create(this.#path(next.revision)))) return false;
    } finally {
      // One that cannot be removed now is removed at a start.
      await file.remove().catch(() => undefined);
    }
    const revisions = await listNumbers(this.#folder, SERIES, this.#files);
    if ((revisions.at(-1) ?? 0) >= next.revision + KEPT) {
      // We were slow: others had moved on, and our number was free only because it had been cleared away.
      await this.#files.unlink(this.#path(next.revision)).catch(undefinedWhenMissing);
      return false;
    }
    await syncDirectory(this.#folder, this.#files);
    const old = revisions.filter((revision) => revision <= next.revision - KEPT);
    await Promise.all(old.map((revision) => this.#remove(numberedName(SERIES, revision))));
    return true;
  }

  /** Somebody may have removed it while the process runs. */
  async #makeFolder(): Promise<void> {
    await makeDirectory(this.#folder, this.#files);
    await this.#refuseLink();
  }

  /** Somebody may have put a link in its place while the process runs. */
  async #refuseLink(): Promise<void> {
    const found = await this.#files.lstat(this.#folder).catch(undefinedWhenMissing);
    if (found?.isLink) throw new StoreError('ELOOP', 'the folder of the app id is a symbolic link');
  }

  #path(revision: number): string {
    return join(this.#folder, numberedName(SERIES, revision));
  }

  #newFile(): DurableFile {
    return new DurableFile(this.#folder, `${BESIDE}${this.#runtime.random.id()}`, this.#files);
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
}

function busy(): StoreError {
  return new StoreError('EBUSY', 'records come and go faster than they can be read');
}

function unsafe(description: string, problem: Text): BankCardOcrConfigurationError {
  const told = new Problem(`${description} is not safe to use: ${problem.en}`, `${description} 不安全：${problem.zh}`);
  return new BankCardOcrConfigurationError([configurationIssue('ticketStore', told, 'BANKCARD_OCR_TICKET_STORE')]);
}

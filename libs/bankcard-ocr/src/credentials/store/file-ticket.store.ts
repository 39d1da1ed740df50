import { join } from 'node:path';
import { codeOrNameOf } from '../../errors/redaction.js';
import { type Text, text } from '../../errors/text.js';
import { DurableFile, makeDirectory, removeAbandonedFiles, syncDirectory } from '../../runtime/durable-file.js';
import { type FileSystem, NODE_FILE_SYSTEM, undefinedWhenMissing } from '../../runtime/file-system.js';
import { type Runtime, SYSTEM_RUNTIME } from '../../runtime/random.js';
import { parseTicketRecord } from '../ticket-record.codec.js';
import { HIGHEST_NUMBER, type TicketRecord } from '../ticket-record.js';
import { FileLeases, isLeaseOf } from './file-lease.js';
import { checkCreatable, judgeFolder, recordFolder } from './folder-safety.js';
import {
  contentFrom,
  describeFinding,
  readable,
  type StoreContent,
  type StoreFinding,
  type StoreInspection,
  tryLease,
} from './store-inspection.js';
import { StoreFolder } from './store-folder.js';
import { type StoreAccess, StoreError, storeIssue, type TicketLease, TicketStore } from './ticket-store.js';

/** How many records stay. A number is free again only when so many newer ones exist. */
const KEPT = 3;
/** How often the highest record may be gone before it is read, or be set aside: after that something else is wrong. */
const MOST_TRIES = 1_000;
const MAX_RECORD_BYTES = 262_144;
/** Temporary names begin so. What a killed process has left there is removed when it is so old. */
const BESIDE = 'beside.';
const ABANDONED_AFTER_MS = 60_000;

export const FILE_STORE_ADVICE: Text = text(
  'name a directory on a local disk that the user of this process may write to, and whose file system knows hard links',
  '请指定本地磁盘上的目录：本进程的用户可写，且文件系统支持硬链接',
);

interface FileTicketStoreOptions {
  /** Several app ids may share it. Created when missing, mode 0700. */
  readonly directory: string;
  readonly appId: string;
  /** Milliseconds that the file system may take for one operation of the store. @default 10000 */
  readonly timeoutMs?: number | undefined;
}

/**
 * Credentials in files, mode 0600, for all processes of one machine. Every write is a new file `record.<revision>`,
 * linked to its name when it is durable: a reader finds the old record or the new one, whatever is killed.
 */
export class FileTicketStore extends TicketStore {
  readonly description: string;
  readonly scope = 'machine';
  readonly #folder: StoreFolder;
  readonly #leases: FileLeases;
  /** One name for all that cannot be read, so that damaged files, which may hold credentials, do not pile up. */
  readonly #aside: string;
  readonly #stopWatching: (() => void)[] = [];
  /** A reader changes nothing, and sets nothing aside. */
  #access: StoreAccess = 'write';

  /** The arguments after the first are for tests; an application leaves them out. */
  constructor(
    private readonly options: FileTicketStoreOptions,
    private readonly files: FileSystem = NODE_FILE_SYSTEM,
    private readonly runtime: Runtime = SYSTEM_RUNTIME,
  ) {
    super();
    this.description = `file:${options.directory}`;
    const path = recordFolder(options.directory, options.appId);
    this.#aside = join(path, 'damaged');
    this.#folder = new StoreFolder(path, files, runtime, options.timeoutMs ?? 10_000);
    this.#leases = new FileLeases(this.#folder);
  }

  /** Try everything that will be used; a folder that is a link, or that others may write to, refuses the start. */
  override async open(access: StoreAccess = 'write'): Promise<void> {
    this.#access = access;
    await this.#folder.limited(async () => {
      if (access === 'write') await makeDirectory(this.#folder.path, this.files);
      await this.#checkFolder(access);
      await (access === 'write' ? this.#tryWriting() : this.#read());
    });
  }

  async read(): Promise<TicketRecord | undefined> {
    return this.#folder.limited(() => this.#read());
  }

  async compareAndSet(expected: TicketRecord | undefined, next: TicketRecord, lease?: TicketLease): Promise<boolean> {
    return this.#folder.limited(() => this.#swap(expected, next, lease));
  }

  async acquireLease(ttlMs: number): Promise<TicketLease | undefined> {
    const take = async (): Promise<TicketLease | undefined> => {
      await this.#makeFolder();
      return this.#leases.tryTake(ttlMs);
    };
    // One that comes when nobody waits for it any more would be kept alive for nobody.
    return this.#folder.limited(take, (late) => void late?.release());
  }

  watch(listener: () => void): () => void {
    const stop = this.files.watch(this.#folder.path, (name) => {
      if (name.startsWith('record')) listener();
    });
    this.#stopWatching.push(stop);
    return stop;
  }

  async close(): Promise<void> {
    for (const stop of this.#stopWatching) stop();
  }

  override async inspect(access: StoreAccess = 'write'): Promise<StoreInspection> {
    const findings = await this.#inspectFolder(access).catch((error: unknown) => [this.#unusable(codeOrNameOf(error))]);
    const content = await contentFrom(() => this.#folder.limited(() => this.#newest(false)));
    return { content, findings };
  }

  async #tryWriting(): Promise<void> {
    const isTemporary = (name: string): boolean => name.startsWith(BESIDE);
    await removeAbandonedFiles(this.#folder.path, isTemporary, ABANDONED_AFTER_MS, this.runtime.clock, this.files);
    // What will be needed later is tried now: creating, making durable and linking.
    const probe = this.#newFile();
    try {
      await probe.write('{}');
      await probe.create(`${probe.temporaryPath}.linked`);
      await this.files.unlink(`${probe.temporaryPath}.linked`);
    } finally {
      await probe.remove();
    }
  }

  async #checkFolder(access: StoreAccess): Promise<void> {
    // A simulated file system has no users.
    if (this.files !== NODE_FILE_SYSTEM) return;
    const findings = (await judgeFolder(this.#folder.path, this.options.directory, access)) ?? [];
    const refusal = findings.find(({ status }) => status === 'fail');
    if (refusal) {
      const { en, zh } = describeFinding(refusal);
      throw storeIssue(text(`${this.description} is not safe to use: ${en}`, `${this.description} 不安全：${zh}`));
    }
    if (findings.length === 0) return;
    const problems = findings.map((finding) => describeFinding(finding).en).join('; ');
    this.onWarning?.(`the ticket store ${this.description}: ${problems}`);
  }

  async #inspectFolder(access: StoreAccess): Promise<StoreFinding[]> {
    const safety = await judgeFolder(this.#folder.path, this.options.directory, access);
    if (!safety) return [await this.#inspectMissing(access)];
    // What this process created there would belong to its user, with mode 0600, and lock out the application.
    if (safety.some(({ status }) => status === 'fail')) return safety;
    const facts = { kind: 'file' };
    const tried =
      access === 'read'
        ? this.#folder.numbers('record').then(() => readable(facts))
        : this.#folder
            .limited(() => this.#tryWriting())
            .then(() => tryLease((ttlMs) => this.acquireLease(ttlMs), this.runtime.clock, facts));
    const found = await tried.catch((error: unknown) => this.#unusable(codeOrNameOf(error)));
    return [{ about: this.description, ...found }, ...safety];
  }

  async #inspectMissing(access: StoreAccess): Promise<StoreFinding> {
    const problem = await checkCreatable(this.#folder.path);
    if (problem) return problem;
    const found = text('does not exist yet', '目录还不存在');
    const told = { about: this.description, found, facts: { kind: 'file', exists: false } };
    if (access === 'write')
      return { status: 'ok', ...told, todo: text('It can be made, by this user', '当前用户可以创建') };
    return { status: 'warn', ...told, todo: text('Start a refresher on it first', '请先启动使用该目录的 refresher') };
  }

  #unusable(code: string): StoreFinding {
    const found = text(`cannot be used (${code})`, `不可用（${code}）`);
    return { status: 'fail', about: this.description, found, facts: { kind: 'file', code }, todo: FILE_STORE_ADVICE };
  }

  async #read(): Promise<TicketRecord | undefined> {
    const newest = await this.#newest(this.#access === 'write');
    return newest.kind === 'record' ? newest.record : undefined;
  }

  /** What stands under the highest number; what cannot be read is set aside, if that is wanted. */
  async #newest(setsAside: boolean): Promise<StoreContent> {
    await this.#refuseLink();
    let hasSetAside = false;
    try {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const highest = (await this.#folder.numbers('record')).at(-1);
        if (highest === undefined) return { kind: 'nothing' };
        const file = await this.files.readSmallFile(this.#folder.file('record', highest), MAX_RECORD_BYTES);
        // It was replaced, or set aside, since the folder was listed.
        if (file === 'missing') continue;
        const record = file === 'unusable' ? undefined : parseTicketRecord(file);
        if (record?.revision === highest) return { kind: 'record', record };
        if (!setsAside) return { kind: 'damaged' };
        hasSetAside = (await this.#setAside(highest)) || hasSetAside;
      }
    } finally {
      if (hasSetAside) this.onWarning?.(`the stored credentials were damaged and set aside as ${this.#aside}`);
    }
    throw new StoreError('EBUSY', 'records come and go faster than they can be read');
  }

  async #swap(expected: TicketRecord | undefined, next: TicketRecord, lease?: TicketLease): Promise<boolean> {
    await this.#makeFolder();
    const current = await this.#read();
    if (current?.writeId !== expected?.writeId || current?.revision !== expected?.revision) return false;
    const highestLease = lease ? await this.#leases.highest() : 0;
    if (lease && !isLeaseOf(lease.id, highestLease)) return false;
    const folder = this.#folder;
    if (next.revision >= HIGHEST_NUMBER) {
      // Nobody could read it. Whoever reads next finds nothing, and begins anew.
      for (const number of await folder.numbers('record')) await this.#setAside(number);
      return false;
    }
    const file = this.#newFile();
    try {
      await file.write(JSON.stringify(next));
      if (!(await file.create(folder.file('record', next.revision)))) return false;
    } finally {
      // One that cannot be removed now is removed at a start.
      await file.remove().catch(() => undefined);
    }
    const revisions = await folder.numbers('record');
    // We were slow: others had moved on, and our number was free only because it had been cleared away.
    const isLate = (revisions.at(-1) ?? 0) >= next.revision + KEPT;
    // Emptied meanwhile, the folder does not show that this was written under a lease: the refresh has to know.
    const isEmptied = highestLease > 0 && (await this.#leases.highest()) < highestLease;
    if (isLate || isEmptied) {
      // In an emptied folder another process may have the number by now.
      const isOurs = isLate || (await this.#read())?.writeId === next.writeId;
      if (isOurs) await this.files.unlink(folder.file('record', next.revision)).catch(undefinedWhenMissing);
      return false;
    }
    await syncDirectory(folder.path, this.files);
    await folder.remove('record', ...revisions.filter((revision) => revision <= next.revision - KEPT));
    return true;
  }

  async #makeFolder(): Promise<void> {
    await makeDirectory(this.#folder.path, this.files);
    await this.#refuseLink();
  }

  /** Another user may have put a link in its place while the process runs. */
  async #refuseLink(): Promise<void> {
    const found = await this.files.lstat(this.#folder.path).catch(undefinedWhenMissing);
    if (found?.isLink) throw new StoreError('ELOOP', 'the folder of the app id is a symbolic link');
  }

  #newFile(): DurableFile {
    return new DurableFile(this.#folder.path, `${BESIDE}${this.runtime.random.id()}`, this.files);
  }

  /** @returns false when another process has been quicker */
  async #setAside(revision: number): Promise<boolean> {
    const where = this.#folder.file('record', revision);
    const rename = () => this.files.rename(where, this.#aside).then(() => true, undefinedWhenMissing);
    // A folder does not take the place of a file, nor a file that of a folder.
    const isDone = await rename().catch(() => this.#folder.clear(this.#aside).then(rename));
    return isDone ?? false;
  }
}

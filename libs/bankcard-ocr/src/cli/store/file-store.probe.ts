import path from 'node:path';
import { FileTicketStore, LARGEST_RECORD_FILE } from '../../credentials/store/file-ticket.store.js';
import {
  type FolderProblem,
  folderState,
  type FolderVerdict,
  judgeFolder,
  nearestFolder,
  octal,
  recordFolder,
} from '../../credentials/store/folder-safety.js';
import { listNumbers, numberedName } from '../../credentials/store/numbered-files.js';
import { NODE_FILE_SYSTEM } from '../../runtime/file-system.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { type CheckResult, checkResultsOf, nameOf } from '../doctor/check-result.js';
import { text, type Text } from '../text.js';
import { leaseFinding, lookAtBytes, type StoreInspection, type StoreProbe } from './store-probe.js';

const finding = checkResultsOf('store');
/** A record that was listed and is gone has been replaced meanwhile: look again, but not for ever. */
const LOOKS = 5;

/** A look at the files of one app id. */
export class FileStoreProbe implements StoreProbe {
  readonly #folder: string;

  constructor(
    private readonly directory: string,
    private readonly options: ResolvedOptions,
  ) {
    this.#folder = recordFolder(directory, options.appId);
  }

  async tryAccess(): Promise<readonly CheckResult[]> {
    try {
      return await this.#tryAccess();
    } catch (error) {
      return [unusable(this.directory, nameOf(error))];
    }
  }

  async #tryAccess(): Promise<readonly CheckResult[]> {
    const folder = await folderState(this.#folder, 'tell');
    if (!folder) return [await this.#missing()];
    const isReader = this.options.role === 'reader';
    const verdicts = await judgeFolder(folder, await folderState(this.directory), isReader ? 'read' : 'write');
    const safety = verdicts.map(safetyFinding);
    // What this process creates there would belong to its user, with mode 0600, and lock out the application.
    if (verdicts.some(({ isRefused }) => isRefused)) return safety;
    const facts = { kind: 'file', mode: folder.mode.toString(8) };
    if (isReader) {
      await listNumbers(this.#folder, 'record');
      return [finding('ok', text('can be read', '可读'), { facts }), ...safety];
    }
    const { directory } = this;
    const store = new FileTicketStore({ directory, appId: this.options.appId });
    try {
      await store.open('write');
      return [await leaseFinding((ttlMs) => store.acquireLease(ttlMs), this.options, facts), ...safety];
    } catch (error) {
      return [unusable(directory, nameOf(error)), ...safety];
    } finally {
      await store.close();
    }
  }

  async look(): Promise<StoreInspection> {
    try {
      for (let looks = 0; looks < LOOKS; looks += 1) {
        const revision = (await listNumbers(this.#folder, 'record')).at(-1);
        if (revision === undefined) return { kind: 'nothing' };
        const file = await NODE_FILE_SYSTEM.readSmallFile(
          path.join(this.#folder, numberedName('record', revision)),
          LARGEST_RECORD_FILE,
        );
        if (file.kind === 'missing') continue;
        if (file.kind === 'unusable') return { kind: 'damaged' };
        const found = lookAtBytes(file.bytes);
        return found.kind === 'record' && found.record.revision !== revision ? { kind: 'damaged' } : found;
      }
      return { kind: 'damaged' };
    } catch (error) {
      return { kind: 'unreadable', code: nameOf(error) };
    }
  }

  async close(): Promise<void> {}

  async #missing(): Promise<CheckResult> {
    const above = await nearestFolder(this.#folder);
    if (!above?.isWritable) return unusable(this.directory, 'EACCES');
    // A start as root would make a folder that the application may not use.
    if (process.geteuid?.() === 0 && !above.isOwnFolder)
      return safetyFinding({ problem: 'another-user', folder: above, isRefused: false });
    const isReader = this.options.role === 'reader';
    const found = text('does not exist yet', '目录还不存在');
    return finding(isReader ? 'warn' : 'ok', found, {
      about: `file:${this.directory}`,
      facts: { kind: 'file', exists: false },
      todo: isReader
        ? text('Start a refresher on this directory first', '请先启动使用该目录的 refresher')
        : text('It can be made, by this user', '当前用户可以创建'),
    });
  }
}

/** How the folder, or the directory that it stands in, is open to others; at a start the same is judged. */
function safetyFinding({ problem, folder, isRefused }: FolderVerdict): CheckResult {
  const { path: about, owner } = folder;
  const mode = octal(folder.mode);
  const { found, todo } = PROBLEMS[problem](mode, owner);
  const facts = { kind: 'file', problem, mode, ...(problem === 'another-user' && { anotherUser: true, owner }) };
  return finding(isRefused ? 'fail' : 'warn', found, { about, facts, todo });
}

const CHMOD = text('chmod 700', '请 chmod 700');

const PROBLEMS: Readonly<Record<FolderProblem, (mode: string, owner: number) => { found: Text; todo: Text }>> = {
  link: () => ({
    found: text('is a symbolic link', '是符号链接'),
    todo: text('Remove it; the configured directory may be a link', '请删除该链接；配置的目录本身可以是链接'),
  }),
  'another-user': (_mode, owner) => ({
    found: text(`belongs to another user (${owner})`, `属于另一个用户（${owner}）`),
    todo: text(
      'Run this as the user of the application: files of this user would lock the application out',
      '请用应用的用户运行：当前用户创建的文件会把应用挡在外面',
    ),
  }),
  'anyone-may-write': (mode) => ({
    found: text(`any user may write to it (mode ${mode})`, `任何用户都可写（权限 ${mode}）`),
    todo: CHMOD,
  }),
  'group-may-write': (mode) => ({
    found: text(`its group may write to it (mode ${mode})`, `同组用户可写（权限 ${mode}）`),
    todo: text('chmod 700, unless it is a volume with fsGroup', '请 chmod 700；带 fsGroup 的卷除外'),
  }),
  'others-may-enter': (mode) => ({
    found: text(`open to other users (mode ${mode})`, `其他用户可以进入（权限 ${mode}）`),
    todo: CHMOD,
  }),
};

function unusable(directory: string, code: string): CheckResult {
  return finding('fail', text(`cannot be used (${code})`, `不可用（${code}）`), {
    about: `file:${directory}`,
    facts: { kind: 'file', code },
    todo: text(
      'Name a directory on a local disk that this user may write to, and whose file system knows hard links',
      '请换成本地磁盘上当前用户可写、支持硬链接的目录',
    ),
  });
}

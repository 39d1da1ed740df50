import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FileLeases } from '../../credentials/store/file-lease.js';
import { FileTicketStore } from '../../credentials/store/file-ticket.store.js';
import { listNumbers, numberedName } from '../../credentials/store/numbered-files.js';
import { recordFolder } from '../../credentials/store/record-folder.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { type Finding, findingsOf } from '../doctor/finding.js';
import { nameOf } from '../doctor/run-check.js';
import { text } from '../text.js';
import { leaseFinding } from './lease-trial.js';
import { lookAtText, type StoredLook } from './stored-look.js';
import type { StoreVisit } from './store-visit.js';
import { folderState, type FolderState, nearestFolder } from './folder-state.js';

const finding = findingsOf('store');
/** A record that was listed and is gone has been replaced meanwhile: look again, but not for ever. */
const LOOKS = 5;

/** A look at the files of one app id. */
export class FileStoreVisit implements StoreVisit {
  readonly #folder: string;

  constructor(
    private readonly directory: string,
    private readonly options: ResolvedOptions,
  ) {
    this.#folder = recordFolder(directory, options.appId);
  }

  async tryAccess(): Promise<readonly Finding[]> {
    try {
      return await this.#tryAccess();
    } catch (error) {
      return [unusable(this.directory, nameOf(error))];
    }
  }

  async #tryAccess(): Promise<readonly Finding[]> {
    const folder = await folderState(this.#folder);
    if (!folder) return [await this.#missing()];
    // What this process creates there belongs to its user, with mode 0600: the application could not read it any more.
    if (!folder.isOwnFolder) return [anotherUser(folder), ...privacy(folder)];
    const facts = { kind: 'file', mode: folder.mode.toString(8) };
    if (this.options.role === 'reader') {
      await listNumbers(this.#folder, 'record');
      return [finding('ok', text('can be read', '可读'), { facts }), ...privacy(folder)];
    }
    const { directory } = this;
    const store = new FileTicketStore({ directory, appId: this.options.appId });
    try {
      await store.open('write');
    } catch (error) {
      return [unusable(directory, nameOf(error)), ...privacy(folder)];
    }
    const leases = new FileLeases(this.#folder);
    return [await leaseFinding((ttlMs) => leases.tryTake(ttlMs), this.options, facts), ...privacy(folder)];
  }

  async look(): Promise<StoredLook> {
    try {
      for (let looks = 0; looks < LOOKS; looks += 1) {
        const revision = (await listNumbers(this.#folder, 'record')).at(-1);
        if (revision === undefined) return { kind: 'nothing' };
        const json = await readFile(path.join(this.#folder, numberedName('record', revision)), 'utf8').catch(
          (error: NodeJS.ErrnoException) => {
            if (error.code !== 'ENOENT') throw error;
          },
        );
        if (json === undefined) continue;
        const found = lookAtText(json);
        return found.kind === 'record' && found.record.revision !== revision ? { kind: 'damaged' } : found;
      }
      return { kind: 'damaged' };
    } catch (error) {
      return { kind: 'unreadable', code: nameOf(error) };
    }
  }

  async close(): Promise<void> {}

  async #missing(): Promise<Finding> {
    const above = await nearestFolder(this.#folder);
    if (!above?.isWritable) return unusable(this.directory, 'EACCES');
    if (process.getuid?.() === 0 && !above.isOwnFolder) return anotherUser(above);
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

function anotherUser({ path: where, owner, isWritable }: FolderState): Finding {
  return finding(
    isWritable ? 'warn' : 'fail',
    text(`belongs to another user (${owner})`, `属于另一个用户（${owner}）`),
    {
      about: where,
      facts: { kind: 'file', anotherUser: true, owner },
      todo: text(
        'Run this as the user of the application: nothing was written, files of this user would lock the application out',
        '请用应用的用户运行：为免把应用挡在外面，没有写入任何文件',
      ),
    },
  );
}

function unusable(directory: string, code: string): Finding {
  return finding('fail', text(`cannot be used (${code})`, `不可用（${code}）`), {
    about: `file:${directory}`,
    facts: { kind: 'file', code },
    todo: text(
      'Name a directory on a local disk that this user may write to, and whose file system knows hard links',
      '请换成本地磁盘上当前用户可写、支持硬链接的目录',
    ),
  });
}

/** Records have mode 0600, but whoever may list and write a folder can replace them. */
function privacy({ path: where, mode }: FolderState): Finding[] {
  if ((mode & 0o077) === 0) return [];
  const octal = mode.toString(8).padStart(4, '0');
  return [
    finding('warn', text(`open to other users (mode ${octal})`, `其他用户可以进入（权限 ${octal}）`), {
      about: where,
      todo: text('chmod 700', '请 chmod 700'),
      facts: { mode: octal },
    }),
  ];
}

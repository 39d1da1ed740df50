import { createHash, randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { access, lstat, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from '../../errors/text.js';
import { isOwn, undefinedWhenMissing } from '../../runtime/file-system.js';
import type { StoreProblem } from './store-inspection.js';
import type { StoreAccess } from './ticket-store.js';

/** The folder of an app id, which could hold characters that a path must not (docs/ticket-record.md). */
export function recordFolder(directory: string, appId: string): string {
  return join(directory, createHash('sha256').update(appId).digest('hex').slice(0, 16));
}

/** Undefined when it does not exist. Records have mode 0600, but who may write to their folder can replace them. */
export async function judgeFolder(
  folder: string,
  directory: string,
  need: StoreAccess,
): Promise<StoreProblem[] | undefined> {
  // The configured directory may be a link to one, the folder of an app id may not.
  const stats = await lstat(folder).catch(undefinedWhenMissing);
  if (!stats) return undefined;
  const above = await stat(directory);
  const problems = problemsOfFolder(stats);
  // Who only reads endangers nobody but itself, and cannot find out.
  const forbidden = problems.filter((problem) => problem !== 'group-may-write');
  const isRefused =
    problems.includes('link') || (need === 'write' && forbidden.length > 0 && (await keepsPermissions(folder)));
  return [
    ...problems.map((problem) => finding(problem, folder, stats, isRefused && problem !== 'group-may-write')),
    ...problemsOfDirectory(above).map((problem) => finding(problem, directory, above)),
  ];
}

/** What would keep the application from using a folder that this process made. @throws when it may not make one */
export async function checkCreatable(folder: string): Promise<StoreProblem | undefined> {
  const nearest = await stat(folder).catch(undefinedWhenMissing);
  const above = dirname(folder);
  if (!nearest && above !== folder) return checkCreatable(above);
  await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  // A start as root would make a folder that the application may not use.
  return nearest && process.geteuid?.() === 0 && !isOwn(nearest) ? finding('another-user', folder, nearest) : undefined;
}

/** What may be wrong with a folder, and what to do, in both languages; `MODE` and `UID` stand for its own. */
const PROBLEMS = {
  link: [
    'is a symbolic link',
    '是符号链接',
    'remove it; the configured directory itself may be one',
    '请删除它；只有所配置的目录本身可以是符号链接',
  ],
  'another-user': [
    'belongs to another user (uid UID), who could change what is stored',
    '属于其他用户（uid UID），该用户可以改动所存内容',
    'run this as the user of the application, or name another directory',
    '请以应用的用户运行，或指定其他目录',
  ],
  'anyone-may-write': [
    'may be written by any user (mode MODE), who could change what is stored',
    '任何用户都可写（权限 MODE），并改动所存内容',
    'chmod 700',
    '请 chmod 700',
  ],
  'group-may-write': [
    'may be written by its group (mode MODE), who could change what is stored',
    '同组用户可写（权限 MODE），并改动所存内容',
    'right for a volume with fsGroup, else chmod 700',
    '设置了 fsGroup 的卷属正常，否则 chmod 700',
  ],
} as const;
type FolderProblem = keyof typeof PROBLEMS;

function problemsOfFolder(stats: Stats): FolderProblem[] {
  if (stats.isSymbolicLink()) return ['link'];
  // Windows keeps other permissions, and has no such owners.
  if (!process.geteuid) return [];
  const problems: FolderProblem[] = isOwn(stats) ? [] : ['another-user'];
  if (stats.mode & 0o002) problems.push('anyone-may-write');
  // A volume of Kubernetes with `fsGroup` is made so, and its files too.
  else if (stats.mode & 0o020) problems.push('group-may-write');
  return problems;
}

/** What is wrong with the configured directory: who may put another folder in the place of the one below it. */
function problemsOfDirectory(stats: Stats): FolderProblem[] {
  if (!process.geteuid) return [];
  // In a sticky folder nobody removes what others have made.
  if (stats.mode & 0o002 && !(stats.mode & 0o1000)) return ['anyone-may-write'];
  return isOwn(stats) || stats.uid === 0 ? [] : ['another-user'];
}

/** Some file systems, of shares and of virtual machines, give all files one owner and one mode, which tells nothing. */
async function keepsPermissions(folder: string): Promise<boolean> {
  const probe = join(folder, `beside.${randomUUID()}`);
  try {
    await writeFile(probe, '', { flag: 'wx', mode: 0o600 });
    const made = await lstat(probe);
    return isOwn(made) && (made.mode & 0o777) === 0o600;
  } catch {
    // What it cannot write to is not its own.
    return true;
  } finally {
    await unlink(probe).catch(() => undefined);
  }
}

function finding(problem: FolderProblem, about: string, { uid, mode: bits }: Stats, isRefused = false): StoreProblem {
  const mode = (bits & 0o1777).toString(8).padStart(4, '0');
  const say = (words: string): string => words.replace('UID', String(uid)).replace('MODE', mode);
  const [en, zh, todoEn, todoZh] = PROBLEMS[problem];
  const found = text(say(en), say(zh));
  const facts = { kind: 'file', problem, mode };
  return { status: isRefused ? 'fail' : 'warn', about, found, todo: text(todoEn, todoZh), facts };
}

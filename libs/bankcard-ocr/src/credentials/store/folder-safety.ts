import { createHash, randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { access, lstat, stat, unlink, writeFile } from 'node:fs/promises';
import path, { join } from 'node:path';
import { text } from '../../errors/text.js';
import { isOwn, undefinedWhenMissing } from '../../runtime/file-system.js';
import type { StoreProblem } from './store-inspection.js';
import type { StoreAccess } from './ticket-store.js';

interface Folder {
  readonly path: string;
  readonly stats: Stats;
}

/** Windows keeps other permissions, and has no such owners. */
const canJudge = process.geteuid !== undefined;

/**
 * Where the records of an app id stand below the directory of a file store (docs/ticket-record.md). The app id could hold
 * characters that a path must not, and need not be told to whoever lists the directory.
 */
export function recordFolder(directory: string, appId: string): string {
  return join(directory, createHash('sha256').update(appId).digest('hex').slice(0, 16));
}

async function folderAt(where: string, find: typeof stat = stat): Promise<Folder | undefined> {
  const stats = await find(where).catch(undefinedWhenMissing);
  return stats && { path: where, stats };
}

/**
 * Judge who else may change what is stored in the folder of an app id, which stands in the configured directory: records
 * have mode 0600, but who may write to a folder can replace them. Undefined when the folder does not exist.
 */
export async function judgeFolder(
  recordsIn: string,
  directory: string,
  need: StoreAccess,
): Promise<StoreProblem[] | undefined> {
  // The configured directory may be a link to one, the folder of an app id may not.
  const folder = await folderAt(recordsIn, lstat);
  if (!folder) return undefined;
  const above = await folderAt(directory);
  const problems = problemsOfFolder(folder.stats);
  const isForbidden = problems.some((problem) => FORBIDDEN.has(problem));
  // Who only reads endangers nobody but itself, and cannot find out.
  const isRefused = problems.includes('link') || (isForbidden && need === 'write' && (await keepsPermissions(folder)));
  return [
    ...problems.map((problem) => folderFinding(problem, folder, isRefused && FORBIDDEN.has(problem))),
    ...(above ? problemsOfDirectory(above.stats).map((problem) => folderFinding(problem, above)) : []),
  ];
}

/** What keeps this process from making a folder, or would keep the application from using it; undefined: nothing. */
export async function whyNotCreatable(folder: string): Promise<StoreProblem | 'EACCES' | undefined> {
  const nearest = await folderAt(folder);
  const above = path.dirname(folder);
  if (!nearest) return above === folder ? 'EACCES' : whyNotCreatable(above);
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return 'EACCES';
  }
  // A start as root would make a folder that the application may not use.
  return process.geteuid?.() === 0 && !isOwn(nearest.stats) ? folderFinding('another-user', nearest) : undefined;
}

type FolderProblem = keyof ReturnType<typeof descriptions>;

const FORBIDDEN: ReadonlySet<FolderProblem> = new Set<FolderProblem>(['link', 'another-user', 'anyone-may-write']);

function problemsOfFolder(stats: Stats): FolderProblem[] {
  if (stats.isSymbolicLink()) return ['link'];
  if (!canJudge) return [];
  const { mode } = stats;
  const problems: FolderProblem[] = isOwn(stats) ? [] : ['another-user'];
  if (mode & 0o002) problems.push('anyone-may-write');
  // A volume of Kubernetes with `fsGroup` is made so, and its files too.
  else if (mode & 0o020) problems.push('group-may-write');
  else if (mode & 0o077) problems.push('others-may-enter');
  return problems;
}

/** What is wrong with the configured directory: who may put another folder in the place of the one below it. */
function problemsOfDirectory(stats: Stats): FolderProblem[] {
  if (!canJudge) return [];
  // In a sticky folder nobody removes what others have made.
  if (stats.mode & 0o002 && !(stats.mode & 0o1000)) return ['anyone-may-write'];
  return isOwn(stats) || stats.uid === 0 ? [] : ['another-user'];
}

/**
 * Whether a file that this process makes is its own, and as private as it asks for. Some file systems, of shares and of
 * virtual machines, give all files one owner and one mode: those tell nothing of who may do what.
 */
async function keepsPermissions({ path: folder }: Folder): Promise<boolean> {
  const probe = join(folder, `beside.${randomUUID()}`);
  try {
    await writeFile(probe, '', { flag: 'wx', mode: 0o600 });
  } catch {
    // What it cannot write to is not its own.
    return true;
  }
  try {
    const made = await lstat(probe);
    return isOwn(made) && (made.mode & 0o777) === 0o600;
  } finally {
    await unlink(probe).catch(() => undefined);
  }
}

function folderFinding(problem: FolderProblem, { path: about, stats }: Folder, isRefused = false) {
  const owner = stats.uid;
  const mode = (stats.mode & 0o1777).toString(8).padStart(4, '0');
  const whose = problem === 'another-user' && { anotherUser: true, owner };
  const status = isRefused ? ('fail' as const) : ('warn' as const);
  return { status, about, ...descriptions(owner, mode)[problem], facts: { kind: 'file', problem, mode, ...whose } };
}

function descriptions(owner: number, mode: string) {
  const chmod = text('chmod 700', '请 chmod 700');
  return {
    link: {
      found: text('is a symbolic link', '是符号链接'),
      todo: text(
        'remove it; the configured directory itself may be one',
        '请删除它；只有所配置的目录本身可以是符号链接',
      ),
    },
    'another-user': {
      found: text(
        `belongs to another user (uid ${owner}), who could change what is stored`,
        `属于其他用户（uid ${owner}），该用户可以改动所存内容`,
      ),
      todo: text(
        'run this as the user of the application, or name another directory',
        '请以应用的用户运行，或指定其他目录',
      ),
    },
    'anyone-may-write': {
      found: text(
        `may be written by any user (mode ${mode}), who could change what is stored`,
        `任何用户都可写（权限 ${mode}），并改动所存内容`,
      ),
      todo: chmod,
    },
    'group-may-write': {
      found: text(
        `may be written by its group (mode ${mode}), who could change what is stored`,
        `同组用户可写（权限 ${mode}），并改动所存内容`,
      ),
      todo: text('right for a volume with fsGroup, else chmod 700', '设置了 fsGroup 的卷属正常，否则 chmod 700'),
    },
    'others-may-enter': {
      found: text(`may be entered by other users (mode ${mode})`, `其他用户可进入（权限 ${mode}）`),
      todo: chmod,
    },
  };
}

import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat, stat, unlink, writeFile } from 'node:fs/promises';
import path, { join } from 'node:path';
import { type Text, text } from '../../errors/text.js';
import { isOwn, undefinedWhenMissing } from '../../runtime/file-system.js';
import type { StoreAccess } from './ticket-store.js';

/** A folder that exists, and what this process is to it. */
interface FolderState {
  readonly path: string;
  readonly isLink: boolean;
  /** The permission bits, with that of a sticky folder: there nobody removes what others have made. */
  readonly mode: number;
  /** The id of the user who made it. */
  readonly owner: number;
  readonly isOwnFolder: boolean;
  readonly isWritable: boolean;
}

/**
 * The state of a folder; undefined when it does not exist.
 *
 * @param links whether the path may be a link to one: that of the configured directory may, the folder of an app id not
 */
export async function folderState(
  folder: string,
  links: 'follow' | 'tell' = 'follow',
): Promise<FolderState | undefined> {
  const found = await (links === 'follow' ? stat(folder) : lstat(folder)).catch(undefinedWhenMissing);
  if (!found) return undefined;
  const isLink = found.isSymbolicLink();
  const isWritable =
    !isLink &&
    (await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    ));
  // Windows has no such owners.
  const user = process.geteuid?.() ?? found.uid;
  return {
    path: folder,
    isLink,
    mode: found.mode & 0o1777,
    owner: found.uid,
    isOwnFolder: user === found.uid,
    isWritable,
  };
}

/** The folder itself, or the nearest one above it that exists. */
export async function nearestFolder(folder: string): Promise<FolderState | undefined> {
  const state = await folderState(folder);
  const above = path.dirname(folder);
  return state || above === folder ? state : nearestFolder(above);
}

/** Why a folder is not as private as a store makes it. */
type FolderProblem = 'link' | 'another-user' | 'anyone-may-write' | 'group-may-write' | 'others-may-enter';

/** A problem of a folder, and whether it must not be used for that. */
export interface FolderVerdict {
  readonly problem: FolderProblem;
  readonly folder: FolderState;
  readonly isRefused: boolean;
}

/**
 * Judge the folder of an app id, in which the credentials stand, and the configured directory, in which that folder
 * stands: who else may change what is stored. Records have mode 0600, but who may write to a folder can replace them.
 */
export async function judgeFolder(
  folder: FolderState,
  directory: FolderState | undefined,
  need: StoreAccess,
): Promise<readonly FolderVerdict[]> {
  const found = problemsOfFolder(folder);
  const isLink = found.includes('link');
  const isForbidden = found.some((problem) => FORBIDDEN.has(problem));
  // Who only reads endangers nobody but itself, and cannot find out.
  const isRefused = isLink || (isForbidden && need === 'write' && (await keepsPermissions(folder)));
  return [
    ...found.map((problem) => ({ problem, folder, isRefused: isRefused && FORBIDDEN.has(problem) })),
    ...(directory ? problemsOfDirectory(directory) : []).map((problem) => {
      return { problem, folder: directory!, isRefused: false };
    }),
  ];
}

const FORBIDDEN: ReadonlySet<FolderProblem> = new Set<FolderProblem>(['link', 'another-user', 'anyone-may-write']);

/** What is wrong with the folder of an app id. */
function problemsOfFolder({ isLink, isOwnFolder, mode }: FolderState): FolderProblem[] {
  if (isLink) return ['link'];
  if (!canJudge) return [];
  const problems: FolderProblem[] = [];
  if (!isOwnFolder) problems.push('another-user');
  if (mode & 0o002) problems.push('anyone-may-write');
  // A volume of Kubernetes with `fsGroup` is made so, and its files too.
  else if (mode & 0o020) problems.push('group-may-write');
  else if (mode & 0o077) problems.push('others-may-enter');
  return problems;
}

/** What is wrong with the configured directory: who may put another folder in the place of the one below it. */
function problemsOfDirectory({ mode, owner, isOwnFolder }: FolderState): FolderProblem[] {
  if (!canJudge) return [];
  if (mode & 0o002 && !(mode & 0o1000)) return ['anyone-may-write'];
  return isOwnFolder || owner === 0 ? [] : ['another-user'];
}

/**
 * Whether a file that this process makes is its own, and as private as it asks for. Some file systems, of shares and of
 * virtual machines, give all files one owner and one mode: those tell nothing of who may do what.
 */
async function keepsPermissions({ path: folder }: FolderState): Promise<boolean> {
  const probe = path.join(folder, `beside.${randomUUID()}`);
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

/** What is wrong and how to fix it, as one sentence. */
export function describeVerdict(verdict: FolderVerdict): Text {
  const { about, found, todo } = folderFinding(verdict);
  return text(`${about} ${found.en}: ${todo.en}`, `${about} ${found.zh}：${todo.zh}`);
}

/** The same as a result of an inspection. */
export function folderFinding({ problem, folder, isRefused }: FolderVerdict) {
  const { path: about, owner } = folder;
  const mode = folder.mode.toString(8).padStart(4, '0');
  return {
    status: isRefused ? ('fail' as const) : ('warn' as const),
    about,
    ...DESCRIPTIONS[problem](owner, mode),
    facts: { kind: 'file', problem, mode, ...(problem === 'another-user' && { anotherUser: true, owner }) },
  };
}

const CHMOD = text('chmod 700', '请 chmod 700');

const DESCRIPTIONS: Readonly<Record<FolderProblem, (owner: number, mode: string) => { found: Text; todo: Text }>> = {
  link: () => ({
    found: text('is a symbolic link', '是符号链接'),
    todo: text('remove it; the configured directory itself may be one', '请删除它；只有所配置的目录本身可以是符号链接'),
  }),
  'another-user': (owner) => ({
    found: text(
      `belongs to another user (uid ${owner}), who could change what is stored`,
      `属于其他用户（uid ${owner}），该用户可以改动所存内容`,
    ),
    todo: text(
      'run this as the user of the application, or name another directory',
      '请以应用的用户运行，或指定其他目录',
    ),
  }),
  'anyone-may-write': (_owner, mode) => ({
    found: text(
      `may be written by any user (mode ${mode}), who could change what is stored`,
      `任何用户都可写（权限 ${mode}），并改动所存内容`,
    ),
    todo: CHMOD,
  }),
  'group-may-write': (_owner, mode) => ({
    found: text(
      `may be written by its group (mode ${mode}), who could change what is stored`,
      `同组用户可写（权限 ${mode}），并改动所存内容`,
    ),
    todo: text('right for a volume with fsGroup, else chmod 700', '设置了 fsGroup 的卷属正常，否则 chmod 700'),
  }),
  'others-may-enter': (_owner, mode) => ({
    found: text(`may be entered by other users (mode ${mode})`, `其他用户可进入（权限 ${mode}）`),
    todo: CHMOD,
  }),
};

/** Windows keeps other permissions than these. */
const canJudge = process.geteuid !== undefined;

/**
 * Where the records of an app id stand below the directory of a file store (docs/fleet.md). The app id could hold
 * characters that a path must not, and need not be told to whoever lists the directory.
 */
export function recordFolder(directory: string, appId: string): string {
  return join(directory, createHash('sha256').update(appId).digest('hex').slice(0, 16));
}

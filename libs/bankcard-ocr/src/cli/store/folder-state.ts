import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';

/** A folder that exists, and what this process is to it. */
export interface FolderState {
  readonly path: string;
  /** The permission bits. */
  readonly mode: number;
  readonly owner: number;
  readonly isOwnFolder: boolean;
  readonly isWritable: boolean;
}

/** The state of a folder; undefined when it does not exist. */
export async function folderState(folder: string): Promise<FolderState | undefined> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (!found) return undefined;
  const isWritable = await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  // Windows has no such owners.
  const user = process.getuid?.() ?? found.uid;
  return { path: folder, mode: found.mode & 0o777, owner: found.uid, isOwnFolder: user === found.uid, isWritable };
}

/** The folder itself, or the nearest one above it that exists. */
export async function nearestFolder(folder: string): Promise<FolderState | undefined> {
  const state = await folderState(folder);
  const above = path.dirname(folder);
  return state || above === folder ? state : nearestFolder(above);
}

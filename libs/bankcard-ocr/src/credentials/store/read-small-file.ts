import { constants, type Stats } from 'node:fs';
import { lstat, open } from 'node:fs/promises';

// Windows lacks the last two: there they are undefined, which counts as 0.
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** What stands at a path where a small file of ours should. */
export type SmallFile =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'missing' }
  /** A pipe, a device, a link, a folder, a file that is far too large, or one that we made and may not read. */
  | { readonly kind: 'unusable' };

/**
 * Read a small file that somebody may have replaced by anything. A link is not followed, whatever is no regular file is
 * not opened, or at least not waited for, and no more than `most` bytes are read.
 *
 * @throws when it cannot be read for another reason, e.g. because another user made it
 */
export async function readSmallFile(path: string, most: number): Promise<SmallFile> {
  const found = await lstat(path).catch(undefinedWhenMissing);
  if (!found) return { kind: 'missing' };
  // Opening a device can do something to it, and opening a pipe waits for its other end.
  if (!found.isFile() || found.size > most) return { kind: 'unusable' };
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return 'missing';
    // It was replaced by a link, or a socket, in between.
    if (error.code === 'ELOOP' || error.code === 'EMLINK' || error.code === 'ENXIO') return 'unusable';
    if ((error.code === 'EACCES' || error.code === 'EPERM') && isOurs(found)) return 'unusable';
    throw error;
  });
  if (typeof file === 'string') return { kind: file };
  try {
    if (!(await file.stat()).isFile()) return { kind: 'unusable' };
    const bytes = Buffer.allocUnsafe(most + 1);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length > most ? { kind: 'unusable' } : { kind: 'bytes', bytes: Buffer.from(bytes.subarray(0, length)) };
  } finally {
    await file.close();
  }
}

/** Whether this process made a file; nobody can say on Windows. */
export function isOurs({ uid }: Pick<Stats, 'uid'>): boolean {
  return uid === process.geteuid?.();
}

export function undefinedWhenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

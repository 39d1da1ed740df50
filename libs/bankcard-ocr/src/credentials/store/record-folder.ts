import { createHash } from 'node:crypto';
import { join } from 'node:path';

/**
 * Where the records of an app id stand below the directory of a file store (docs/fleet.md). The app id could hold
 * characters that a path must not, and need not be told to whoever lists the directory.
 */
export function recordFolder(directory: string, appId: string): string {
  return join(directory, createHash('sha256').update(appId).digest('hex').slice(0, 16));
}

import { isPackageMissing } from '../runtime/missing-package.js';
import type { RedisConstructor } from './redis-url.js';

/** ioredis is not installed, or a bundle has left it out. */
export class IoredisMissing extends Error {
  override name = 'IoredisMissing';
}

/**
 * Load ioredis for those who keep credentials in Redis, and need it installed for them alone.
 *
 * The import stands inside `try` for bundlers: only there they take a package that is missing for one that may be missing
 * (and bundle it where it is installed). `scripts/build-library.cjs` sees to it that this is still so in the CommonJS build.
 *
 * @throws {@link IoredisMissing}
 */
export async function loadIoredis(): Promise<RedisConstructor> {
  try {
    const ioredis = await import('ioredis');
    return ioredis.Redis;
  } catch (error) {
    if (!isPackageMissing(error, /\bioredis\b/)) throw error;
    throw new IoredisMissing('ioredis is not installed', { cause: error });
  }
}

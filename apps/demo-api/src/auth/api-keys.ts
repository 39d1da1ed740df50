import { createHash, timingSafeEqual } from 'node:crypto';
import type { Scope } from './scopes.js';

/** One key of a tenant. */
export interface ApiKey {
  /** To whom orders belong. A tenant may have several keys, of different scopes or while one replaces another. */
  readonly tenant: string;
  /** Distinguishes the keys of a tenant, in logs and in the audit file. */
  readonly id: string;
  readonly scopes: ReadonlySet<Scope>;
  /**
   * SHA-256 of the key, 32 bytes; the key itself is known to the client only. A slow hash is for passwords: 256 random bits
   * cannot be tried.
   */
  readonly sha256: Buffer;
}

/** The keys that the demo accepts. */
export class ApiKeys {
  constructor(private readonly keys: readonly ApiKey[]) {}

  /**
   * Find a key; undefined for an unknown one. Takes the same time whichever it is: hashes are compared, each in constant
   * time, and all of them.
   */
  find(key: string): ApiKey | undefined {
    const sha256 = sha256Of(key);
    let found: ApiKey | undefined;
    for (const candidate of this.keys) {
      if (timingSafeEqual(candidate.sha256, sha256)) found = candidate;
    }
    return found;
  }
}

/** What logs call a key. */
export function nameOf({ tenant, id }: Pick<ApiKey, 'tenant' | 'id'>): string {
  return `${tenant}/${id}`;
}

/** The hash under which a key is stored. */
export function sha256Of(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

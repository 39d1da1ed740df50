import { createHash, timingSafeEqual } from 'node:crypto';

/** One client of the demo. */
export interface ApiKey {
  readonly name: string;
  /** SHA-256 of the key, 32 bytes; the key itself is known to the client only. */
  readonly sha256: Buffer;
}

/** The clients of the demo. */
export class ApiKeys {
  constructor(private readonly keys: readonly ApiKey[]) {}

  /**
   * The name of this key; undefined for an unknown one. Takes the same time whichever it is: hashes are compared, each in
   * constant time, and all of them.
   */
  nameOf(key: string): string | undefined {
    const sha256 = sha256Of(key);
    let found: string | undefined;
    for (const candidate of this.keys) {
      if (timingSafeEqual(candidate.sha256, sha256)) found = candidate.name;
    }
    return found;
  }
}

/** The hash under which a key is stored. */
export function sha256Of(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

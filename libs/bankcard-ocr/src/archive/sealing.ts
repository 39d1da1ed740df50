import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** The cipher of every object; its name is in the manifest, so that later ones can differ. */
export const SUITE = 'aes-256-gcm';
export const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** How much longer bytes are when they are sealed. */
export const SEAL_BYTES = IV_BYTES + TAG_BYTES;

/**
 * Encrypt bytes, and bind them to what they are: with another `context` they cannot be decrypted.
 *
 * @returns a random nonce of 12 bytes, the ciphertext, a tag of 16 bytes
 */
export function seal(key: Buffer, context: string, bytes: Buffer): Buffer {
  const sealer = new Sealer(key, context);
  return Buffer.concat([sealer.head, sealer.update(bytes), sealer.end()]);
}

/** {@link seal} in pieces: first {@link head}, then what {@link update} and {@link end} return. */
export class Sealer {
  readonly head = randomBytes(IV_BYTES);
  readonly #cipher;

  constructor(key: Buffer, context: string) {
    this.#cipher = createCipheriv(SUITE, key, this.head).setAAD(Buffer.from(context));
  }

  update(bytes: Buffer): Buffer {
    return this.#cipher.update(bytes);
  }

  end(): Buffer {
    return Buffer.concat([this.#cipher.final(), this.#cipher.getAuthTag()]);
  }
}

/** @throws an error when the bytes were changed, or belong to another key or context */
export function unseal(key: Buffer, context: string, sealed: Buffer): Buffer {
  if (sealed.length < IV_BYTES + TAG_BYTES) throw new Error('sealed bytes are missing');
  const decipher = createDecipheriv(SUITE, key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
}

/** SHA-256, 64 hexadecimal digits in lower case. */
export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

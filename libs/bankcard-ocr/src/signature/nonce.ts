import { randomFillSync } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const NONCE_LENGTH = 32;
/** The largest multiple of 62 that a byte can hold: bytes from here on would favour the first letters. */
const FIRST_BIASED_BYTE = 256 - (256 % ALPHABET.length);

/** Asking the kernel for entropy costs more than the rest of a nonce, so it is asked for many nonces at once. */
const pool = Buffer.alloc(4096);
let used = pool.length;

const LETTER_CODES = Buffer.from(ALPHABET, 'latin1');
/** Filled and read within one call. */
const letters = Buffer.alloc(NONCE_LENGTH);

/**
 * Make a nonce: 32 letters and digits, each equally likely, from the cryptographic generator (about 190 bits).
 *
 * Every request needs its own, retries included (protocol.md section 4).
 */
export function createNonce(): string {
  let length = 0;
  while (length < NONCE_LENGTH) {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const byte = pool[used] ?? FIRST_BIASED_BYTE;
    // What was handed out does not stay in memory.
    pool[used] = 0;
    used += 1;
    if (byte >= FIRST_BIASED_BYTE) continue;
    letters[length] = LETTER_CODES[byte % LETTER_CODES.length] ?? 0;
    length += 1;
  }
  return letters.toString('latin1');
}

import { randomFillSync } from 'node:crypto';

const LETTERS = Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 'latin1');
const NONCE_LENGTH = 32;
/** The largest multiple of 62 that a byte can hold: bytes from here on would favour the first letters. */
const FIRST_BIASED_BYTE = 256 - (256 % LETTERS.length);

/** The kernel is asked for the entropy of a hundred nonces at once: asking costs more than all the rest. */
const entropy = Buffer.alloc(4096);
let letters = '';
let used = 0;

/**
 * Make a nonce: 32 letters and digits, each equally likely, from the cryptographic generator (about 190 bits).
 *
 * Every request needs its own, retries included (protocol.md section 4).
 */
export function createNonce(): string {
  if (used + NONCE_LENGTH > letters.length) {
    letters = randomLetters();
    used = 0;
  }
  used += NONCE_LENGTH;
  return letters.slice(used - NONCE_LENGTH, used);
}

function randomLetters(): string {
  randomFillSync(entropy);
  let drawn = 0;
  for (let index = 0; index < entropy.length; index += 1) {
    const byte = entropy[index] ?? FIRST_BIASED_BYTE;
    if (byte >= FIRST_BIASED_BYTE) continue;
    // In place: what has been read makes room.
    entropy[drawn] = LETTERS[byte % LETTERS.length] ?? 0;
    drawn += 1;
  }
  return entropy.toString('latin1', 0, drawn);
}

import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Nonces and signatures by Tencent's rules (protocol.md section 4). Holds no state and no secret. */
export class SignatureService {
  /** Make a nonce: 32 letters and digits, uniform, cryptographic. Every request needs a fresh one. */
  createNonce(): string {
    return createNonce();
  }

  /** Sign values in any order with a SIGN or NONCE ticket, without null ones. @returns 40 upper-case hex digits */
  sign(values: readonly (string | null | undefined)[], ticket: string): string {
    // An empty text adds nothing, at any position.
    const left = [...values, ticket];
    for (let at = 0; at < left.length; at += 1) left[at] ??= '';
    // Tencent's rule is to sort by UTF-16 code unit, as `<` compares, and to join (protocol.md section 4); any locale's
    // order makes wrong signatures. Of five values this takes half as long as `sort` and `join`.
    let text = '';
    for (let count = left.length; count > 0; count -= 1) {
      let least = 0;
      for (let at = 1; at < count; at += 1) if (left[at]! < left[least]!) least = at;
      text += left[least]!;
      left[least] = left[count - 1]!;
    }
    return hash('sha1', text, 'hex').toUpperCase();
  }

  /** Check a signature in constant time and in any letter case; false also for what is none. */
  verify(values: readonly (string | null | undefined)[], ticket: string, signature: string): boolean {
    if (typeof signature !== 'string') return false;
    const expected = Buffer.from(this.sign(values, ticket), 'latin1');
    const given = Buffer.from(signature.toUpperCase(), 'utf8');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}

const NONCE_LENGTH = 32;

/** Entropy for a hundred nonces is read at once, in whole groups of Base64: the system call costs more than all the rest. */
const ENTROPY_BYTES = 3_072;
let letters = '';
let used = 0;

export function createNonce(): string {
  if (used + NONCE_LENGTH > letters.length) {
    // Each character of Base64 is one of 64 by chance: without two of them, each is one of 62 letters and digits.
    letters = randomBytes(ENTROPY_BYTES).toString('base64').replaceAll('+', '').replaceAll('/', '');
    used = 0;
  }
  used += NONCE_LENGTH;
  return letters.slice(used - NONCE_LENGTH, used);
}

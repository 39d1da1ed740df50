import { randomBytes } from 'node:crypto';

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The shape of tickets (64), secrets (64) and nonces (32). */
export function randomLettersAndDigits(length: number): string {
  return draw(LETTERS_AND_DIGITS, length);
}

/** The shape of access tokens (90), protocol.md section 3. */
export function randomUrlSafe(length: number): string {
  return draw(`${LETTERS_AND_DIGITS}_-`, length);
}

/** A slight bias towards the first letters does not matter here: these protect nothing. */
function draw(alphabet: string, length: number): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}

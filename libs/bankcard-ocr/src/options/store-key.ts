import { createSecretKey, type KeyObject } from 'node:crypto';

const KEY_BYTES = 32;
const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/**
 * Read the text of the option `storeKey`.
 *
 * @returns a key that cannot be printed, or a sentence that says what is wrong
 */
export function readStoreKey(text: unknown): KeyObject | string {
  const value = typeof text === 'string' ? text.trim() : '';
  const bytes = HEX.test(value)
    ? Buffer.from(value, 'hex')
    : BASE64.test(value)
      ? Buffer.from(value, 'base64')
      : undefined;
  if (bytes?.length === KEY_BYTES) return createSecretKey(bytes);
  return 'must be 32 random bytes, as 64 hexadecimal digits or in Base64: make one with `openssl rand -base64 32`';
}

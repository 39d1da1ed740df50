import { createSecretKey, type KeyObject } from 'node:crypto';
import { Problem } from '../errors/problem.js';
import { unusableText } from '../errors/unusable-text.js';

const KEY_BYTES = 32;
const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/**
 * Read the text of the option `storeKey`.
 *
 * @returns a key that cannot be printed, or what is wrong
 */
export function readStoreKey(text: unknown): KeyObject | Problem {
  const value = typeof text === 'string' ? text.trim() : '';
  const bytes = HEX.test(value)
    ? Buffer.from(value, 'hex')
    : BASE64.test(value)
      ? Buffer.from(value, 'base64')
      : undefined;
  if (bytes?.length === KEY_BYTES) return createSecretKey(bytes);
  return (
    unusableText(value) ??
    new Problem(
      'must be 32 random bytes, as 64 hexadecimal digits or in Base64: make one with `openssl rand -base64 32`',
      '必须是 32 个随机字节，写成 64 位十六进制或 Base64：可用 `openssl rand -base64 32` 生成',
    )
  );
}

/** Whether a key is one byte 32 times, as only a placeholder is. */
export function isOneByteRepeated(key: KeyObject): boolean {
  return new Set(key.export()).size === 1;
}

import { createSecretKey, KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { readStoreEncryptionKey } from './credential.options.js';

const BYTES = Buffer.from('canary0canary0canary0canary0cana');
const HEX = BYTES.toString('hex');
const BASE64 = BYTES.toString('base64');

describe('a store key', () => {
  it.each([
    ['hexadecimal', HEX],
    ['upper case', HEX.toUpperCase()],
    ['Base64', BASE64],
    ['Base64 without its end', BASE64.replace('=', '')],
    ['white space around it', ` ${BASE64}\n`],
  ])('is read from %s', (_how, text) => {
    const key = readStoreEncryptionKey(text);
    expect(key).toBeInstanceOf(KeyObject);
    expect((key as KeyObject).equals(createSecretKey(BYTES))).toBe(true);
  });

  it('is read from the Base64 of URLs as well', () => {
    const bytes = Buffer.alloc(32, 0xfb);
    expect(bytes.toString('base64url')).toMatch(/[-_]/);
    expect((readStoreEncryptionKey(bytes.toString('base64url')) as KeyObject).equals(createSecretKey(bytes))).toBe(
      true,
    );
  });

  it.each([
    '',
    'canary',
    HEX.slice(1),
    `${HEX}0`,
    `${HEX.slice(0, -1)}g`,
    BASE64.slice(2),
    `${BASE64}A`,
    Buffer.alloc(31).toString('base64'),
    Buffer.alloc(33).toString('base64'),
    `${BASE64.slice(0, 20)} ${BASE64.slice(20)}`,
    undefined,
    null,
    5,
    BYTES,
  ])('is not %j: the sentence says how to make one, and repeats nothing', (text) => {
    const wrong = readStoreEncryptionKey(text);
    expect(wrong).toMatchObject({ en: expect.stringMatching(/^must be 32 random bytes.*openssl rand/) });
    expect(inspect(wrong)).not.toContain('canary');
  });

  it('cannot be printed', () => {
    const key = readStoreEncryptionKey(HEX);
    expect(inspect(key, { depth: Infinity, showHidden: true }) + JSON.stringify(key)).not.toMatch(
      /canary|63616e617279/,
    );
  });
});

import { createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { CardNumber, type FingerprintKey } from './card-number.js';

const PAN = '6222021234567890128';
const KEY = '0123456789abcdef';
const KEY_32 = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const { privateKey } = generateKeyPairSync('ed25519');

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe('the fingerprint of a card number', () => {
  // By openssl dgst -sha256 -hmac (-mac HMAC -macopt hexkey) over nestjs-bankcard-ocr/card-number/1:<digits>
  it.each<[digits: string, what: string, key: FingerprintKey, fingerprint: string]>([
    [PAN, 'a text', KEY, '4270ae9409fead754399e27ac9f8ce33262a865c5908446e5379463223880fe0'],
    ['4111111111111111', 'a text', KEY, '4dffe42ee51e3c785eef2941619f4c0f7933d49dddf9d101fbdc764d07c6ccc5'],
    [PAN, '32 bytes', KEY_32, 'c971bd83bcdbec57f6fb415b3bdf75db939cd7d366fa2963fbc6ce017b1c69ae'],
    [PAN, 'a KeyObject', createSecretKey(KEY_32), 'c971bd83bcdbec57f6fb415b3bdf75db939cd7d366fa2963fbc6ce017b1c69ae'],
    [PAN, 'UTF-8', '密钥密钥密钥', '95878878ee95afe650e151b6a49b4998b23944f6c0cea23e808ecd976b857f74'],
  ])('of %s with %s is what openssl makes of it', (digits, _what, key, fingerprint) => {
    expect(new CardNumber(digits).fingerprint(key)).toBe(fingerprint);
  });

  it('is the same for every way to write the number, and for no other number or key', () => {
    const written = [PAN, ' 6222 0212 3456 7890 128', '6222-0212-3456-7890-128'];
    const same = written.map((text) => new CardNumber(text).fingerprint(KEY));
    expect(new Set(same).size).toBe(1);
    expect(new CardNumber('6222021234567890129').fingerprint(KEY)).not.toBe(same[0]);
    expect(new CardNumber(PAN).fingerprint(`${KEY}0`)).not.toBe(same[0]);
    // Without a label it would be the HMAC that others make of the number with the same key.
    expect(same[0]).not.toBe('6420bbed2e02d2a4d7f15fa46c03a0e4ec4b29414b6c536853483658bf938e10');
  });

  it.each<[string, unknown, typeof RangeError, string]>([
    ['15 characters', KEY.slice(1), RangeError, '16 bytes or more; it has 15'],
    ['15 bytes', Buffer.alloc(15), RangeError, '16 bytes or more; it has 15'],
    ['a short KeyObject', createSecretKey(Buffer.alloc(8)), RangeError, '16 bytes or more; it has 8'],
    ['an empty text', '', RangeError, '16 bytes or more; it has 0'],
    ['a private key', privateKey, TypeError, 'a secret KeyObject'],
    ['a public key', createPublicKey(privateKey), TypeError, 'a secret KeyObject'],
    ['nothing', undefined, TypeError, 'must be a text, a Buffer'],
    ['a number', 1_234_567_890_123_456, TypeError, 'must be a text, a Buffer'],
    ['an object', { byteLength: 32 }, TypeError, 'must be a text, a Buffer'],
  ])('needs a key of 16 bytes: not %s', (_what, key, kind, message) => {
    const error = thrownBy(() => new CardNumber(PAN).fingerprint(key as FingerprintKey));
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toContain(message);
    expect(inspect(error)).not.toMatch(/1234567|[0-9a-f]{10}/);
  });

  it.each(['', 'xxxxxxxxxxxxxxxxxxx', '622202*********0128'])('is none of %j: others would look the same', (text) => {
    expect(thrownBy(() => new CardNumber(text).fingerprint(KEY))).toBeInstanceOf(RangeError);
  });
});

import { createHmac, KeyObject } from 'node:crypto';

/** A shorter key could be searched through, and then so could every card number. */
const SHORTEST_KEY_BYTES = 16;
/** What else the application makes with the same key must not come out equal. */
const LABEL = 'nestjs-bankcard-ocr/card-number/1:';

/** What a fingerprint is keyed with: random bytes that are kept secret. */
export type FingerprintKey = string | Buffer | KeyObject;

/**
 * HMAC-SHA-256 over a label and the digits, in hex.
 *
 * @throws TypeError or RangeError for a key that is none, or too short
 */
export function fingerprintOf(digits: string, key: FingerprintKey): string {
  const bytes = sizeOf(key);
  if (bytes === undefined) {
    throw new TypeError('the key of a fingerprint must be a text, a Buffer or a secret KeyObject');
  }
  if (bytes < SHORTEST_KEY_BYTES) {
    throw new RangeError(`the key of a fingerprint must have ${SHORTEST_KEY_BYTES} bytes or more; it has ${bytes}`);
  }
  return createHmac('sha256', key)
    .update(LABEL + digits)
    .digest('hex');
}

function sizeOf(key: unknown): number | undefined {
  if (typeof key === 'string') return Buffer.byteLength(key);
  if (key instanceof Uint8Array) return key.byteLength;
  return key instanceof KeyObject && key.type === 'secret' ? key.symmetricKeySize : undefined;
}

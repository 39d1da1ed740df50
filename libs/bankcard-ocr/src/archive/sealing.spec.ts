import { randomBytes } from 'node:crypto';
import { contextOf } from './manifest.js';
import { seal, Sealer, unseal } from './sealing.js';

const KEY = randomBytes(32);
const REF = 'a'.repeat(64);
const PHOTO = Buffer.from('a photo of a card');

describe('a sealed object', () => {
  it('opens with its key and context, also when it was sealed in pieces', () => {
    expect(unseal(KEY, 'context', seal(KEY, 'context', PHOTO)).equals(PHOTO)).toBe(true);
    const sealer = new Sealer(KEY, 'context');
    const pieces = [sealer.head, sealer.update(PHOTO.subarray(0, 5)), sealer.update(PHOTO.subarray(5)), sealer.end()];
    expect(unseal(KEY, 'context', Buffer.concat(pieces)).equals(PHOTO)).toBe(true);
  });

  it('is another one each time', () => {
    expect(seal(KEY, 'context', PHOTO).equals(seal(KEY, 'context', PHOTO))).toBe(false);
  });

  it.each([
    ['another kind', KEY, contextOf(REF, 'original')],
    ['another order', KEY, contextOf('b'.repeat(64), 'crop')],
    ['another key', randomBytes(32), contextOf(REF, 'crop')],
  ])('does not open as that of %s', (_what, key, context) => {
    expect(() => unseal(key, context, seal(KEY, contextOf(REF, 'crop'), PHOTO))).toThrow();
  });

  it('does not open when any of its bits differs, or a part of it is missing', () => {
    const sealed = seal(KEY, 'context', PHOTO);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => unseal(KEY, 'context', changed)).toThrow();
    }
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => unseal(KEY, 'context', sealed.subarray(0, length))).toThrow();
    }
  });
});

import { inspect } from 'node:util';
import { CardPhoto, extensionOf, PHOTO_KINDS } from './card-photo.js';

/** No picture: zero bytes, high bytes, line ends, and what is no UTF-8. */
const ODD_BYTES = Buffer.from([0x00, 0xff, 0x0d, 0x0a, 0xd8, 0x00, 0xc3, 0x28, 0x3d, 0x3d]);
const SECRET_TEXT = 'PHOTO-OF-A-CARD-6222021234567890128';

describe('a photo', () => {
  it('keeps bytes that are no picture exactly as they came', () => {
    const photo = new CardPhoto('crop', ODD_BYTES);
    expect(photo.bytes.equals(Buffer.from([0x00, 0xff, 0x0d, 0x0a, 0xd8, 0x00, 0xc3, 0x28, 0x3d, 0x3d]))).toBe(true);
    expect(photo).toMatchObject({ kind: 'crop', size: 10, mediaType: 'application/octet-stream' });
  });

  it.each([
    ['ffd8ffe000104a464946', 'image/jpeg'],
    ['ffd8ff', 'image/jpeg'],
    ['ffd8', 'application/octet-stream'],
    ['89504e470d0a1a0a00', 'image/png'],
    ['89504e47', 'application/octet-stream'],
    ['424d3600', 'image/bmp'],
    ['', 'application/octet-stream'],
    ['00ffd8ff', 'application/octet-stream'],
  ])('tells the type by the first bytes: %s is %s', (hex, mediaType) => {
    expect(new CardPhoto('original', Buffer.from(hex, 'hex')).mediaType).toBe(mediaType);
  });

  it.each([
    ['image/jpeg', 'jpg'],
    ['image/png', 'png'],
    ['image/bmp', 'bmp'],
    ['image/gif', 'gif'],
    ['image/webp', 'webp'],
    ['application/octet-stream', 'bin'],
  ] as const)('a file of type %s ends in .%s', (mediaType, extension) => {
    expect(extensionOf(mediaType)).toBe(extension);
  });

  it('lists its kinds', () => {
    expect(PHOTO_KINDS).toEqual(['original', 'crop', 'numberStrip']);
  });

  const photo = new CardPhoto('numberStrip', Buffer.from(SECRET_TEXT));
  const everything = { depth: Infinity, showHidden: true, getters: false, maxArrayLength: null } as const;

  it.each<[string, string]>([
    ['JSON', JSON.stringify({ photo })],
    ['inspect', inspect({ photo }, everything)],
    ['inspect without custom', inspect(photo, { ...everything, customInspect: false })],
    ['structuredClone', inspect(structuredClone(photo), everything)],
    ['a copy', inspect({ ...photo }, everything)],
  ])('shows no byte through %s', (_way, shown) => {
    const bytes = Buffer.from(SECRET_TEXT);
    for (const spelling of [SECRET_TEXT, bytes.toString('base64'), bytes.toString('hex'), '50 48 4f', '80, 72, 79']) {
      expect(shown).not.toContain(spelling);
    }
  });

  it('shows kind, type and size instead', () => {
    expect(inspect(photo)).toBe('CardPhoto(numberStrip, application/octet-stream, 35 bytes)');
    expect(JSON.stringify(photo)).toBe('{"kind":"numberStrip","mediaType":"application/octet-stream","size":35}');
  });
});

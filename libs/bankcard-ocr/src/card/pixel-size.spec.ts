import fc from 'fast-check';
import { CARD_CROP_JPEG, CARD_ORIGINAL_JPEG, NUMBER_STRIP_JPEG } from '../testing/photos/example-photos.js';
import { padJpeg } from '../testing/photos/photo-set.js';
import { PixelSizeReader } from './pixel-size.reader.js';

const CROP = Buffer.from(CARD_CROP_JPEG, 'base64');

function sizeOf(pieces: Iterable<Buffer>): string {
  const reader = new PixelSizeReader();
  for (const piece of pieces) reader.write(piece);
  return reader.size ? `${reader.size.width} x ${reader.size.height}` : 'unknown';
}

function inPieces(bytes: Buffer, length: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, piece) => {
    return bytes.subarray(piece * length, (piece + 1) * length);
  });
}

const base64 = (text: string) => Buffer.from(text, 'base64');
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** A segment of a JPEG; its length counts its own two bytes. */
function segment(kind: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, kind, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

function frame(kind: number, width: number, height: number): Buffer {
  const content = Buffer.from([8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  content.writeUInt16BE(height, 1);
  content.writeUInt16BE(width, 3);
  return segment(kind, content);
}

const START = hex('ffd8');
const jpeg = (...segments: Buffer[]) => Buffer.concat([START, ...segments, hex('ffda 0008 0101 0000 3f00 ffd9')]);

/** EXIF with a preview in it: a whole JPEG of its own. */
const EXIF = segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), jpeg(frame(0xc0, 160, 120))]));

/** A file of a type that keeps its size in a fixed place: `head`, padded to `length`. */
const file = (head: string, length = 60) => Buffer.concat([hex(head)], length);

const PNG = '89504e470d0a1a0a 0000000d 49484452';
const BMP = '424d 00000000 00000000 36000000';

const PICTURES: readonly (readonly [what: string, bytes: Buffer, size: string])[] = [
  ['the card, cropped', CROP, '700 x 442'],
  ['the card', Buffer.from(CARD_ORIGINAL_JPEG, 'base64'), '960 x 720'],
  ['the strip with the number', Buffer.from(NUMBER_STRIP_JPEG, 'base64'), '804 x 124'],
  ['comments of 90 000 bytes', padJpeg(CROP, 110_000), '700 x 442'],
  ['a preview within the EXIF data', jpeg(EXIF, frame(0xc0, 4_000, 3_000)), '4000 x 3000'],
  ['progressive', jpeg(frame(0xc2, 12, 34)), '12 x 34'],
  ['SOF15', jpeg(frame(0xcf, 12, 34)), '12 x 34'],
  ['the largest', jpeg(frame(0xc0, 65_535, 65_535)), '65535 x 65535'],
  [
    'tables that look like a frame by their kind',
    jpeg(frame(0xc4, 1, 2), frame(0xcc, 3, 4), frame(0xc0, 5, 6)),
    '5 x 6',
  ],
  ['the reserved kind', jpeg(frame(0xc8, 1, 2), frame(0xc1, 5, 6)), '5 x 6'],
  ['fill bytes', jpeg(Buffer.alloc(70_000, 0xff), frame(0xc0, 5, 6)), '5 x 6'],
  ['an empty segment', jpeg(segment(0xe5, Buffer.alloc(0)), frame(0xc0, 5, 6)), '5 x 6'],
  ['a segment of the greatest length', jpeg(segment(0xe5, Buffer.alloc(65_533, 0xff)), frame(0xc0, 5, 6)), '5 x 6'],
  ['kinds without a content', jpeg(hex('ff01 ffd0 ffd7'), frame(0xc0, 5, 6)), '5 x 6'],
  ['PNG', file(`${PNG} 00000280 000001e0 08020000`), '640 x 480'],
  ['BMP', file(`${BMP} 28000000 80020000 e0010000`), '640 x 480'],
  ['BMP, rows from the top down', file(`${BMP} 28000000 80020000 20feffff`), '640 x 480'],
  ['BMP, version 5', file(`${BMP} 7c000000 80020000 e0010000`, 200), '640 x 480'],
  ['BMP, core header', file(`${BMP} 0c000000 8002 e001 0100 1800`), '640 x 480'],
  ['BMP, core header, more than 15 bits', file(`${BMP} 0c000000 ffff ffff 0100 1800`), '65535 x 65535'],
  ['GIF', file('474946383961 8002 e001'), '640 x 480'],
  ['a real WebP, lossy', base64('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA'), '1 x 1'],
  ['a real WebP, lossless', base64('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=='), '1 x 1'],
  ['a real GIF', base64('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'), '1 x 1'],
  ['WebP, lossy', file('52494646 00000000 57454250 56503820 00000000 300100 9d012a 8002 e001'), '640 x 480'],
  ['WebP, lossy, scaled', file('52494646 00000000 57454250 56503820 00000000 300100 9d012a 8042 e0c1'), '640 x 480'],
  ['WebP, lossless', file('52494646 00000000 57454250 5650384c 00000000 2f 7fc27700'), '640 x 480'],
  ['WebP, extended', file('52494646 00000000 57454250 56503858 0a000000 00000000 7f0200 df0100'), '640 x 480'],
];

describe('the size of a picture', () => {
  it.each(PICTURES)('is read: %s', (_what, bytes, size) => {
    expect(sizeOf([bytes])).toBe(size);
    expect(sizeOf(inPieces(bytes, 1))).toBe(size);
    expect(sizeOf(inPieces(bytes, 7))).toBe(size);
  });

  it('is the same however the bytes are cut', () => {
    const anyPicture = fc.constantFrom(...PICTURES);
    fc.assert(
      fc.property(
        anyPicture,
        fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1 }),
        ([, bytes, size], cuts) => {
          const pieces: Buffer[] = [];
          let at = 0;
          for (const cut of cuts) pieces.push(bytes.subarray(at, (at += cut)));
          expect(sizeOf([...pieces, bytes.subarray(at)])).toBe(size);
        },
      ),
    );
  });

  it.each(PICTURES)('is told or not, never wrongly, while the header is incomplete: %s', (_what, bytes, size) => {
    const reader = new PixelSizeReader();
    const told = new Set<string>();
    for (const byte of inPieces(bytes, 1)) {
      told.add(reader.size ? `${reader.size.width} x ${reader.size.height}` : 'unknown');
      reader.write(byte);
    }
    told.delete('unknown');
    expect([...told].filter((one) => one !== size)).toEqual([]);
  });

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('this is no picture, this is a text')],
    ['a JPEG that ends within its frame header', jpeg(frame(0xc0, 5, 6)).subarray(0, 10)],
    ['a JPEG that ends within a segment', padJpeg(CROP, 110_000).subarray(0, 50_000)],
    ['a preview only', Buffer.concat([START, EXIF])],
    ['no frame before the picture', Buffer.concat([jpeg(), frame(0xc0, 5, 6)])],
    ['the end before any frame', Buffer.concat([START, hex('ffd9'), frame(0xc0, 5, 6)])],
    ['a second beginning', Buffer.concat([START, START, frame(0xc0, 5, 6)])],
    ['a length of 0', jpeg(hex('ffe0 0000'), frame(0xc0, 5, 6))],
    ['a length of 1', jpeg(hex('ffe0 0001'), frame(0xc0, 5, 6))],
    ['a length that leads into nonsense', jpeg(hex('ffe0 0003'), frame(0xc0, 5, 6))],
    ['a zero instead of a kind', jpeg(hex('ff00'), frame(0xc0, 5, 6))],
    ['a frame header that is too short', jpeg(hex('ffc0 0007 08 0006 0005'))],
    ['a JPEG of no width', jpeg(frame(0xc0, 0, 6))],
    ['a JPEG whose height is told later', jpeg(frame(0xc0, 5, 0))],
    ['fill bytes and nothing else', Buffer.concat([START, Buffer.alloc(100_000, 0xff)])],
    ['a PNG without IHDR', file('89504e470d0a1a0a 0000000d 49444154 00000280 000001e0')],
    ['a PNG of no width', file(`${PNG} 00000000 000001e0`)],
    ['a PNG of more than 31 bits', file(`${PNG} 80000000 000001e0`)],
    ['a BMP whose header nobody knows', file(`${BMP} 29000000 80020000 e0010000`)],
    ['a BMP of negative width', file(`${BMP} 28000000 80fdffff e0010000`)],
    ['a BMP of no height', file(`${BMP} 28000000 80020000 00000000`)],
    ['a WebP of another kind', file('52494646 00000000 57454250 41425344 00000000 300100 9d012a 8002 e001')],
  ])('is unknown: %s', (_what, bytes) => {
    expect(sizeOf([bytes])).toBe('unknown');
    expect(sizeOf(inPieces(bytes, 1))).toBe('unknown');
  });

  it('survives any bytes', () => {
    const beginnings = PICTURES.map(([, bytes]) => bytes.subarray(0, 40)).concat(Buffer.alloc(0), START);
    const someBytes = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.constantFrom(...beginnings), fc.nat(40), someBytes, (beginning, length, rest) => {
        const bytes = Buffer.concat([beginning.subarray(0, length), rest]);
        const size = sizeOf([bytes]);
        expect(size).toMatch(/^(unknown|[1-9]\d* x [1-9]\d*)$/);
        expect(sizeOf(inPieces(bytes, 3))).toBe(size);
      }),
      { numRuns: 2_000 },
    );
  });
});

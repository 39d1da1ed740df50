import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CARD_CROP_JPEG } from '../testing/photos/example-photos.js';
import { extensionOf } from './card-photo.js';
import { PhotoMeasure } from './photo-measure.js';

const CROP = Buffer.from(CARD_CROP_JPEG, 'base64');

describe('measuring a photo', () => {
  it('tells what the whole bytes tell, however they are cut', () => {
    const sha256 = createHash('sha256').update(CROP).digest('hex');
    const cuts = fc.array(fc.integer({ min: 0, max: 5_000 }));
    fc.assert(
      fc.property(cuts, (cuts) => {
        const measure = new PhotoMeasure();
        // As the reader does: one place for every piece.
        const scratch = Buffer.alloc(CROP.length);
        let at = 0;
        for (const cut of [...cuts, CROP.length]) {
          const length = CROP.copy(scratch, 0, at, at + cut);
          measure.write(scratch.subarray(0, length));
          scratch.fill(0);
          at += length;
        }
        expect(measure.end()).toEqual({ size: CROP.length, sha256, mediaType: 'image/jpeg', width: 700, height: 442 });
      }),
    );
  });

  it('tells less of what is no picture', () => {
    const measure = new PhotoMeasure();
    measure.write(Buffer.from('abc'));
    expect(measure.end()).toStrictEqual({
      size: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      mediaType: 'application/octet-stream',
    });
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
});

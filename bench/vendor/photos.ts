import { randomFillSync } from 'node:crypto';

/** The photos of one answer, as bytes. */
export interface PhotoTrio {
  readonly original: Buffer;
  readonly crop: Buffer;
  readonly number: Buffer;
}

const JPEG_START = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
/** How the bytes of an answer are shared out: a whole photo, the card cut out of it, the strip with the number. */
export const SHARES = { original: 0.72, crop: 0.24, number: 0.04 };

/** Photos whose Base64 together is about as long as the answer is meant to be; random, as nothing compresses a JPEG. */
export function createPhotos(jsonBytes: number): PhotoTrio {
  const photo = (share: number) => {
    const bytes = randomFillSync(Buffer.alloc(Math.round((jsonBytes * share * 3) / 4)));
    JPEG_START.copy(bytes);
    return bytes;
  };
  return { original: photo(SHARES.original), crop: photo(SHARES.crop), number: photo(SHARES.number) };
}

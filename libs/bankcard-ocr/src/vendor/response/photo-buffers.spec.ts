import { randomBytes } from 'node:crypto';
import { PhotoBuffers, type PhotoTarget } from './photo-buffers.js';

const KB = 1024;

/** Writes a photo in pieces, as the decoder does: into the room that the target has for them. */
function keep(buffers: PhotoBuffers, bytes: Buffer, mostBytes?: number, pieceLength = 48 * KB): void {
  const target = buffers.open('original', mostBytes);
  for (let at = 0; at < bytes.length; at += pieceLength) {
    expect(put(target, bytes.subarray(at, at + pieceLength))).toBeUndefined();
  }
  expect(target.end()).toBeUndefined();
}

function put(target: PhotoTarget, bytes: Buffer): Promise<void> | undefined {
  const room = target.room!(bytes.length);
  bytes.copy(room);
  return target.write(room.subarray(0, bytes.length));
}

describe('photos in memory', () => {
  it.each<[string, size: number, mostBytes: number | undefined]>([
    ['a small one of unknown size', 5, undefined],
    ['one that fills the first room', 128 * KB, undefined],
    ['one that does not', 128 * KB + 1, undefined],
    ['a large one of unknown size', 3_000 * KB, undefined],
    ['one as large as it could be', 300 * KB, 300 * KB],
    ['one far smaller than it could be', 10, 900 * KB],
    ['one larger than it could be', 300 * KB, 10],
    ['one of which nothing could be left', 10, 0],
  ])('are kept as they are: %s', (_what, size, mostBytes) => {
    const buffers = new PhotoBuffers();
    const bytes = randomBytes(size);
    keep(buffers, bytes, mostBytes);
    expect(buffers.photos.get('original')?.bytes.equals(bytes)).toBe(true);
  });

  it('do not keep room that they do not need', () => {
    const buffers = new PhotoBuffers();
    keep(buffers, randomBytes(10), 30_000 * KB);
    expect(buffers.photos.get('original')?.bytes.buffer.byteLength).toBe(10);
  });

  it('do not share their bytes', () => {
    const buffers = new PhotoBuffers();
    const sizes = [
      ['original', randomBytes(10)],
      ['crop', randomBytes(70 * KB)],
      ['numberStrip', randomBytes(60 * KB)],
    ] as const;
    for (const [kind, bytes] of sizes) {
      const target = buffers.open(kind, undefined);
      void put(target, bytes);
      void target.end();
    }
    for (const [kind, bytes] of sizes) expect(buffers.photos.get(kind)?.bytes.equals(bytes)).toBe(true);
  });

  it('are forgotten when they turn out to be damaged', () => {
    const buffers = new PhotoBuffers();
    const damaged = buffers.open('numberStrip', undefined);
    void put(damaged, randomBytes(100));
    damaged.damaged();
    const bytes = randomBytes(60);
    keep(buffers, bytes);
    expect([...buffers.photos.keys()]).toEqual(['original']);
    expect(buffers.photos.get('original')?.bytes.equals(bytes)).toBe(true);
  });
});

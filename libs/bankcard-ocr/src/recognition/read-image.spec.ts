import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { PassThrough, Readable } from 'node:stream';
import type { ImageType } from '../card/card-photo.js';
import { type CardImageSource, readImage } from './read-image.js';

const TYPES: ImageType[] = ['image/jpeg', 'image/png', 'image/bmp'];
const JPEG = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.from('the rest of a picture')]);
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const BMP = Buffer.from('424d361b0000000000003600', 'hex');
const WEBP = Buffer.from('RIFF\0\0\0\0WEBPVP8 ');
/** What becomes exactly 3 MB of Base64. */
const MOST_BYTES = 2_359_296;

let stop: AbortController;
let folder: string;

beforeEach(() => {
  stop = new AbortController();
  folder = mkdtempSync(path.join(tmpdir(), 'read-image-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(source: unknown, types = TYPES): Promise<Buffer> {
  return readImage(source as CardImageSource, types, stop.signal);
}

function fileOf(bytes: Buffer, name = 'card.jpg'): string {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

/** Gives `size` bytes that begin as a JPEG, and counts how many were taken. */
function streamOf(size: number): Readable & { taken: number } {
  const chunk = Buffer.alloc(64 * 1024);
  const stream = Object.assign(
    new Readable({
      read() {
        const left = size - stream.taken;
        const next = stream.taken === 0 ? Buffer.concat([JPEG, chunk]) : chunk;
        const piece = next.subarray(0, left);
        stream.taken += piece.length;
        this.push(left <= 0 ? null : piece);
      },
    }),
    { taken: 0 },
  );
  return stream;
}

/** Has the beginning of an image, and no more. */
function closedSoon(): PassThrough {
  const stream = new PassThrough();
  stream.write(JPEG);
  setImmediate(() => stream.destroy());
  return stream;
}

describe('an image', () => {
  it.each([
    ['a Buffer', () => JPEG],
    ['a Uint8Array', () => new Uint8Array(JPEG)],
    ['a part of a larger memory', () => Buffer.concat([PNG, JPEG]).subarray(PNG.length)],
    ['a stream', () => Readable.from([JPEG.subarray(0, 1), JPEG.subarray(1, 2), JPEG.subarray(2)])],
    ['a file', () => ({ file: fileOf(JPEG) })],
  ])('is read from %s', async (_what, source) => {
    expect(await read(source())).toEqual(JPEG);
  });

  it.each([
    ['JPEG', JPEG],
    ['PNG', PNG],
    ['BMP', BMP],
  ])('may be a %s', async (_what, bytes) => {
    expect(await read(bytes)).toEqual(bytes);
  });

  it('of a type that is not listed is refused by its first bytes, whatever its name says', async () => {
    await expect(read({ file: fileOf(WEBP, 'card.jpg') })).rejects.toMatchObject({
      code: 'IMAGE_TYPE_NOT_ACCEPTED',
      message: 'the image is image/webp; accepted are image/jpeg, image/png, image/bmp (imageTypes)',
      actor: 'end-user',
    });
    expect(await read(WEBP, ['image/webp'])).toEqual(WEBP);
    await expect(read(JPEG, ['image/png'])).rejects.toMatchObject({ code: 'IMAGE_TYPE_NOT_ACCEPTED' });
  });

  it('that is none is refused, and its content is not shown', async () => {
    const error: unknown = await read(Buffer.from('canary, a text')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'IMAGE_TYPE_NOT_ACCEPTED',
      message: expect.stringContaining('of no type that its first bytes identify'),
    });
    expect(inspect(error)).not.toContain('canary');
  });

  it.each([
    ['a Buffer', (size: number) => Buffer.concat([JPEG], size)],
    ['a stream', streamOf],
    ['a file', (size: number) => ({ file: fileOf(Buffer.concat([JPEG], size)) })],
  ])('may have 3 MB in Base64, and not a byte more: %s', async (_what, source) => {
    const bytes = await read(source(MOST_BYTES));
    expect(bytes.toString('base64')).toHaveLength(3 * 1024 * 1024);
    await expect(read(source(MOST_BYTES + 1))).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE', actor: 'end-user' });
  });
});

describe('a stream', () => {
  it('that is far too large is not read to its end, but destroyed', async () => {
    const large = streamOf(20 * MOST_BYTES);
    await expect(read(large)).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' });
    expect(large.destroyed).toBe(true);
    expect(large.taken).toBeLessThan(MOST_BYTES + 1024 * 1024);
  });

  it('that fails hands its own error on', async () => {
    const failure = new Error('the upload broke off');
    const stream = new PassThrough();
    stream.write(JPEG);
    setImmediate(() => stream.destroy(failure));
    await expect(read(stream)).rejects.toBe(failure);
  });

  it.each([
    ['is closed in the middle', closedSoon],
    ['was closed before', () => new PassThrough().destroy()],
  ])('that %s says so', async (_what, stream) => {
    await expect(read(stream())).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('ended before the image did'),
    });
  });

  it('that was read before is empty', async () => {
    const stream = Readable.from([JPEG]);
    await stream.toArray();
    await expect(read(stream)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/empty|ended before/),
    });
  });

  it('that gives texts is refused, and destroyed', async () => {
    const stream = Readable.from(['canary']);
    const error: unknown = await read(stream).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('encoding') });
    expect(inspect(error)).not.toContain('canary');
    expect(stream.destroyed).toBe(true);
  });

  it('that stands still is given up with the reason, and destroyed', async () => {
    const stream = new PassThrough();
    stream.write(JPEG);
    const reading = read(stream);
    const reason = new Error('the time is over');
    setImmediate(() => stop.abort(reason));
    await expect(reading).rejects.toBe(reason);
    expect(stream.destroyed).toBe(true);
  });

  it('is not touched when the time is over already', async () => {
    stop.abort(new Error('over'));
    const stream = streamOf(100);
    await expect(read(stream)).rejects.toThrow('over');
    expect(stream.taken).toBe(0);
  });

  it('that fails after it was refused ends no process', async () => {
    const stream = streamOf(2 * MOST_BYTES);
    await expect(read(stream)).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' });
    expect(() => stream.emit('error', new Error('late'))).not.toThrow();
  });
});

describe('what cannot be read', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'card.jpg'],
    ['an ArrayBuffer', new ArrayBuffer(8)],
    ['a web stream', new ReadableStream()],
    ['a file without a name', { file: '' }],
    ['a file that is no text', { file: 5 }],
    ['a file with a NUL in its name', { file: 'a\0b' }],
  ])('%s: says what an image must be', async (_what, source) => {
    await expect(read(source)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/a Buffer, a Readable, or \{ file \}/),
      messageZh: expect.stringContaining('Buffer'),
    });
  });

  it.each([
    ['an empty Buffer', () => Buffer.alloc(0)],
    ['an empty file', () => ({ file: fileOf(Buffer.alloc(0)) })],
    ['an empty stream', () => Readable.from([])],
  ])('%s', async (_what, source) => {
    await expect(read(source())).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('empty'),
    });
  });

  it.each([
    ['a file that is not there', () => path.join(folder, 'canary.jpg'), 'ENOENT'],
    ['a folder', () => folder, 'EISDIR'],
  ])('%s: says why, not where', async (_what, file, why) => {
    const error: unknown = await read({ file: file() }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(`(${why})`) });
    expect(inspect(error, { showHidden: true })).not.toContain(folder);
  });
});

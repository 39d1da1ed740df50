import { createHash } from 'node:crypto';
import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { CARD_CROP_JPEG } from '../../testing/photos/example-photos.js';
import type { PhotoTarget } from '../../vendor/response/photo-buffers.js';
import { SinkFailure, SinkTarget, SynchronousWritable } from './sink.target.js';
import { expectNoErrorUnheard } from './unheard-errors.test-support.js';

const CROP = Buffer.from(CARD_CROP_JPEG, 'base64');

/** Hands bytes over as the reader does: one place for every piece, used again as soon as it may be. */
async function pass(bytes: Buffer, cuts: readonly number[], target: PhotoTarget): Promise<void> {
  const scratch = Buffer.alloc(bytes.length);
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const piece = bytes.subarray(at, at + cut);
    if (piece.length > 0) await target.write(scratch.subarray(0, piece.copy(scratch)));
    scratch.fill(0);
    at += piece.length;
  }
  await target.end();
}

/** Keeps every piece that it is given, as an application's own would. */
function keeping(pieces: Buffer[], highWaterMark = 16_384): Writable {
  return new Writable({
    highWaterMark,
    write: (bytes: Buffer, _encoding, callback) => {
      pieces.push(bytes);
      callback();
    },
  });
}

expectNoErrorUnheard();

describe('a photo on its way to a sink', () => {
  it('arrives unchanged, however it is cut, also where the pieces are kept', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 4_000 })), fc.boolean(), async (cuts, piped) => {
        const pieces: Buffer[] = [];
        const passThrough = new PassThrough();
        const read = piped ? buffer(passThrough) : undefined;
        const target = new SinkTarget(() => (piped ? passThrough : keeping(pieces)));
        await pass(CROP, cuts, target);
        const arrived = (await read) ?? Buffer.concat(pieces);
        expect(CROP.equals(arrived)).toBe(true);
        const sha256 = createHash('sha256').update(CROP).digest('hex');
        expect(target.photo).toEqual({ size: CROP.length, sha256, mediaType: 'image/jpeg' });
      }),
      { numRuns: 60 },
    );
  });

  it('arrives unchanged, and is not copied, where the Writable takes its bytes at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30_000 })), async (cuts) => {
        const pieces: Buffer[] = [];
        const target = new SinkTarget(() => new SynchronousWritable((bytes) => void pieces.push(Buffer.from(bytes))));
        await pass(CROP, cuts, target);
        expect(CROP.equals(Buffer.concat(pieces))).toBe(true);
      }),
      { numRuns: 60 },
    );
    const taken: Buffer[] = [];
    const target = new SinkTarget(() => new SynchronousWritable((bytes) => void taken.push(bytes)));
    const [beginning, rest] = [CROP.subarray(0, 100), Buffer.alloc(100_000, CROP)];
    await target.write(beginning);
    expect(target.write(rest)).toBeUndefined();
    expect(taken).toEqual([beginning, rest]);
    // What came before the type was known is in a place of its own.
    expect(taken[1]!.buffer).toBe(rest.buffer);
  });

  it('fails when such a Writable cannot finish', async () => {
    const failure = new Error('the disk is full');
    const target = new SinkTarget(
      () =>
        new SynchronousWritable(
          () => undefined,
          () => Promise.reject(failure),
        ),
    );
    await target.write(CROP);
    await expect(target.end()).rejects.toMatchObject({ name: 'SinkFailure', cause: failure });
  });

  it('fails when such a Writable throws, and destroys it', async () => {
    const failure = new Error('no room');
    const sink = new SynchronousWritable(() => {
      throw failure;
    });
    const target = new SinkTarget(() => sink);
    await expect(target.write(CROP)).rejects.toMatchObject({ name: 'SinkFailure', cause: failure });
    expect(sink.errored).toBe(failure);
  });

  it('ends such a Writable with the reason why it was abandoned', async () => {
    const reason = new Error('the connection broke');
    const sink = new SynchronousWritable(
      () => undefined,
      () => new Promise(() => undefined),
    );
    const target = new SinkTarget(() => sink);
    await target.write(CROP);
    const ended = target.end();
    target.abandon(reason);
    expect(sink.errored).toBe(reason);
    await expect(ended).rejects.toBe(reason);
  });

  it('is opened when its first twelve bytes have come, once', async () => {
    const types: string[] = [];
    const target = new SinkTarget((mediaType) => {
      types.push(mediaType);
      return keeping([]);
    });
    expect(target.write(CROP.subarray(0, 11))).toBeUndefined();
    await setImmediate();
    expect(types).toEqual([]);
    await target.write(CROP.subarray(11, 12));
    await target.write(CROP.subarray(12));
    await target.end();
    expect(types).toEqual(['image/jpeg']);
  });

  it('is opened at its end when it has fewer', async () => {
    const pieces: Buffer[] = [];
    const target = new SinkTarget(() => keeping(pieces));
    await pass(Buffer.from('abc'), [1], target);
    expect(Buffer.concat(pieces).toString()).toBe('abc');
    expect(target.photo).toStrictEqual({
      size: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      mediaType: 'application/octet-stream',
    });
  });

  it('waits for a sink that takes its time to open, and keeps what has come', async () => {
    const pieces: Buffer[] = [];
    const target = new SinkTarget(async () => {
      await setImmediate();
      return keeping(pieces);
    });
    await pass(CROP, [5, 20, 1_000], target);
    expect(CROP.equals(Buffer.concat(pieces))).toBe(true);
  });

  it('does not pile up before a slow sink', async () => {
    let inFlight = 0;
    let most = 0;
    const slow = new Writable({
      highWaterMark: 4_000,
      write: (bytes: Buffer, _encoding, callback) => {
        setTimeout(() => {
          inFlight -= bytes.length;
          callback();
        }, 1);
      },
    });
    const target = new SinkTarget(() => slow);
    for (let piece = 0; piece < 60; piece += 1) {
      const bytes = Buffer.alloc(3_000, piece);
      inFlight += bytes.length;
      most = Math.max(most, inFlight);
      await target.write(bytes);
    }
    await target.end();
    // Less than the high-water mark, and the piece that reaches it.
    expect(most).toBeLessThan(4_000 + 3_000);
    expect(most).toBeGreaterThanOrEqual(4_000);
  });
});

describe('a sink that fails', () => {
  const boom = new Error('no such bucket');

  it.each<[string, () => Writable | Promise<Writable>]>([
    ['throws', throwIt(boom)],
    ['rejects', () => Promise.reject(boom)],
    [
      'is broken from the first piece on',
      () => new Writable({ write: (_bytes, _encoding, callback) => callback(boom) }),
    ],
  ])('%s: its error comes unchanged', async (_how, sink) => {
    const target = new SinkTarget(sink);
    const failure = await pass(CROP, [100, 100], target).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SinkFailure);
    expect((failure as SinkFailure).cause).toBe(boom);
    expect(target.photo).toBeUndefined();
  });

  it.each([undefined, 'no such bucket'])('also when it is no Error: %p', async (thrown) => {
    const failure = await pass(CROP, [], new SinkTarget(throwIt(thrown))).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SinkFailure);
    expect((failure as SinkFailure).cause).toBe(thrown);
  });

  it('returns no Writable', async () => {
    const target = new SinkTarget(() => undefined as unknown as Writable);
    const failure = await pass(CROP, [], target).catch((error: unknown) => error);
    expect((failure as SinkFailure).cause).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('a photo that does not arrive whole', () => {
  it('leaves a destroyed Writable when it is damaged', async () => {
    const writable = keeping([]);
    const target = new SinkTarget(() => writable);
    await target.write(CROP);
    target.damaged();
    expect(writable.errored).toMatchObject({ code: 'PHOTO_DAMAGED' });
    expect(target.photo).toBeUndefined();
  });

  it('opens nothing when it is damaged from the beginning', async () => {
    const opened: Writable[] = [];
    const target = new SinkTarget(() => {
      opened.push(keeping([]));
      return opened[0]!;
    });
    expect(target.write(CROP.subarray(0, 11))).toBeUndefined();
    target.damaged();
    await expect(target.end()).rejects.toMatchObject({ code: 'PHOTO_DAMAGED' });
    expect(opened).toEqual([]);
    expect(target.photo).toBeUndefined();
  });

  it.each<[string, Writable]>([
    ['a piece', new Writable({ highWaterMark: 1, write: () => undefined })],
    ['the end', new Writable({ write: (_bytes, _encoding, callback) => callback(), final: () => undefined })],
  ])('ends the wait for %s at once', async (_what, stuck) => {
    const target = new SinkTarget(() => stuck);
    const passed = pass(CROP, [1_000], target);
    await setImmediate();
    const reason = new Error('the answer broke off');
    target.abandon(reason);
    await expect(passed).rejects.toBe(reason);
    expect(stuck.errored).toBe(reason);
    expect(target.photo).toBeUndefined();
  });

  it('does not wait for a sink that opens, and destroys what it opens in the end', async () => {
    const writable = keeping([]);
    let open: (writable: Writable) => void = () => undefined;
    const target = new SinkTarget(() => new Promise((resolve) => (open = resolve)));
    const held = target.write(CROP);
    const reason = new Error('the answer broke off');
    target.abandon(reason);
    await expect(held).rejects.toBe(reason);
    open(writable);
    await setImmediate();
    expect(writable.errored).toBe(reason);
  });

  it('hears the error of a sink that opens in vain', async () => {
    let fail: (error: Error) => void = () => undefined;
    const target = new SinkTarget(() => new Promise((_resolve, reject) => (fail = reject)));
    void target.write(CROP);
    target.abandon(new Error('the answer broke off'));
    fail(new Error('no such bucket'));
    await setImmediate();
  });

  it('takes nothing more', async () => {
    const opened: Writable[] = [];
    const target = new SinkTarget(() => {
      opened.push(keeping([]));
      return opened[0]!;
    });
    const reason = new Error('the answer broke off');
    target.abandon(reason);
    await expect(pass(CROP, [100], target)).rejects.toBe(reason);
    expect(opened).toEqual([]);
  });
});

function throwIt(error: unknown): () => never {
  return () => {
    throw error;
  };
}

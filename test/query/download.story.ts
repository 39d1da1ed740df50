import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type PhotoKind, toDirectory } from 'nestjs-bankcard-ocr';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from '../support/application.js';

const KINDS = ['original', 'crop', 'numberStrip'] as const;
const hexOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

let sandbox: KycSandbox;
let app: TestApplication;
let folder: string;

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  sandbox.addOrder({ orderNo: 'order1', photos: 'all' });
  app = await startApplication(sandbox);
  folder = await mkdtemp(path.join(tmpdir(), 'bankcard-ocr-'));
});

afterEach(async () => {
  await app.application.close();
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Collects each photo, as an upload would. */
class Shelf {
  readonly photos = new Map<PhotoKind, Buffer[]>();
  readonly opened: string[] = [];

  readonly sink = (kind: PhotoKind, { attempt, mediaType }: { attempt: number; mediaType: string }): Writable => {
    const pieces: Buffer[] = [];
    this.opened.push(`${kind} ${attempt} ${mediaType}`);
    this.photos.set(kind, pieces);
    return new Writable({
      write: (piece: Buffer, _encoding, done) => {
        pieces.push(piece);
        setImmediate(done);
      },
    });
  };

  bytes(kind: PhotoKind): Buffer {
    return Buffer.concat(this.photos.get(kind) ?? []);
  }
}

describe('photos flow', () => {
  it('to sinks, byte for byte as a query has them, and are described in a manifest', async () => {
    const { photos, ...card } = await app.ocr.query('order1', { photos: true });
    const shelf = new Shelf();
    const manifest = await app.ocr.download('order1', shelf.sink);
    expect(manifest.result.cardNumber).toEqual(card.cardNumber);
    expect(manifest.result.photos).toEqual({ status: 'complete', damaged: [] });
    expect(JSON.stringify(manifest)).not.toContain(card.cardNumber.reveal());
    expect(manifest).toMatchObject({ orderNo: 'order1', status: 'complete', damaged: [] });
    expect(manifest.bizSeqNo).toMatch(/^\d{32}$/);
    expect(manifest.photos.map(({ kind }) => kind)).toEqual(KINDS);
    for (const { kind, size, sha256, mediaType } of manifest.photos) {
      const bytes = photos[kind]?.bytes ?? Buffer.alloc(0);
      expect(shelf.bytes(kind).equals(bytes)).toBe(true);
      expect({ size, sha256, mediaType }).toEqual({
        size: bytes.length,
        sha256: hexOf(bytes),
        mediaType: 'image/jpeg',
      });
    }
    expect(sandbox.violations()).toEqual([]);
  });

  it('to files that only the owner may read, under names that tell what they are', async () => {
    const manifest = await app.ocr.download('order1', toDirectory(folder));
    expect((await readdir(folder)).sort()).toEqual([
      'order1-crop.jpg',
      'order1-numberStrip.jpg',
      'order1-original.jpg',
    ]);
    for (const { path: file = '', sha256 } of manifest.photos) {
      expect(hexOf(await readFile(file))).toBe(sha256);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
  });

  it('of any size, at the pace of a slow sink', async () => {
    sandbox.configure({ photoBytes: 3_000_000 });
    sandbox.addOrder({ orderNo: 'large1', photos: 'all' });
    const taken: number[] = [];
    const ends: Promise<void>[] = [];
    const manifest = await app.ocr.download('large1', () => {
      const reader = new PassThrough({ highWaterMark: 1_000 });
      // What is written has not been read yet.
      ends.push(finished(reader));
      reader.on('data', (piece: Buffer) => {
        taken.push(piece.length);
        reader.pause();
        setImmediate(() => reader.resume());
      });
      return reader;
    });
    await Promise.all(ends);
    expect(manifest.photos.reduce((sum, { size }) => sum + size, 0)).toBe(taken.reduce((sum, size) => sum + size, 0));
    expect(Math.max(...manifest.photos.map(({ size }) => size))).toBeGreaterThanOrEqual(3_000_000);
  });
});

describe('a download that does not go well', () => {
  it('begins anew when the answer breaks off, and leaves nothing of the first attempt', async () => {
    sandbox.configure({ photoBytes: 400_000 });
    sandbox.addOrder({ orderNo: 'large1', photos: 'all' });
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'truncated', times: 1 });
    const manifest = await app.ocr.download('large1', toDirectory(folder));
    expect(manifest.photos).toHaveLength(3);
    expect(sandbox.calls.result).toBe(2);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('keeps no file of a card that the policy rejects', async () => {
    sandbox.addOrder({ orderNo: 'copy1', photos: 'all', warnings: ['-9113'] });
    const failing = app.ocr.download('copy1', toDirectory(folder), { warningPolicy: 'strict' });
    await expect(failing).rejects.toMatchObject({ code: 'CARD_REJECTED' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('fails with the error of the sink itself, which is not asked again', async () => {
    const full = new Error('the disk is full');
    const failing = app.ocr.download('order1', () => {
      return new Writable({ write: (_piece, _encoding, done) => done(full) });
    });
    await expect(failing).rejects.toBe(full);
    expect(sandbox.calls.result).toBe(1);
  });

  it('ends when the caller stops, with the reason, while the sink hangs', async () => {
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const hanging: Writable[] = [];
    const failing = app.ocr.download(
      'order1',
      () => {
        const sink = new Writable({ highWaterMark: 1, write: () => controller.abort(reason) });
        hanging.push(sink);
        return sink;
      },
      { signal: controller.signal },
    );
    await expect(failing).rejects.toBe(reason);
    expect(hanging[0]?.destroyed).toBe(true);
  });

  it('waits for late photos, and says when none has come', async () => {
    sandbox.configure({ latePhotos: { delayMs: 300, as: 'missing' } });
    sandbox.addOrder({ orderNo: 'late1', photos: 'all' });
    await expect(app.ocr.download('late1', new Shelf().sink)).resolves.toMatchObject({ status: 'complete' });
    sandbox.configure({ latePhotos: { delayMs: 60_000, as: 'empty' } });
    sandbox.addOrder({ orderNo: 'late2', photos: 'all' });
    const waiting = app.ocr.download('late2', new Shelf().sink, { waitForPhotosMs: 50 });
    await expect(waiting).resolves.toMatchObject({ status: 'pending', photos: [] });
  });

  it('counts its attempts through everything that is waited for', async () => {
    sandbox.addOrder({ orderNo: 'broken1', photos: 'all' });
    const broken = { endpoint: 'getBankCardOcrResult', orderNo: 'broken1', times: 1 } as const;
    sandbox.injectFault({ ...broken, kind: 'truncated-json' });
    sandbox.injectFault({ ...broken, kind: 'code', code: '66660020' });
    sandbox.injectFault({ ...broken, kind: 'truncated-json' });
    const shelf = new Shelf();
    await app.ocr.download('broken1', shelf.sink, { maxAttempts: 2, waitForResultMs: 5_000 });
    expect(new Set(shelf.opened).size).toBe(shelf.opened.length);
  });

  it.each(['nothing', 5, undefined])('refuses %p as a sink before anything is sent', async (sink) => {
    await expect(app.ocr.download('order1', sink as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(sandbox.calls.result).toBe(0);
  });
});

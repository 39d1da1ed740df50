import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { PHOTO_KINDS } from 'nestjs-bankcard-ocr';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from '../../../../test/support/application.js';
import { PhotoSpool } from './photo-spool.js';

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;
const ROOMY = { bytes: 10_000_000, lifeMs: 60_000 };

let sandbox: KycSandbox;
let app: TestApplication;
let folder: string;
let spool: PhotoSpool;

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  app = await startApplication(sandbox, { timeoutMs: 60_000 });
  await app.tickets.getCredentials();
  folder = await mkdtemp(path.join(tmpdir(), 'bankcard-ocr-'));
  spool = new PhotoSpool(app.ocr, ROOMY, folder);
});

afterEach(async () => {
  await spool.onApplicationShutdown();
  await app.application.close();
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Every file below the temporary directory. */
async function files(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

const bytesOf = async (orderNo: string, kind: (typeof PHOTO_KINDS)[number]): Promise<Buffer> => {
  return buffer((await spool.read(orderNo, kind)).getStream());
};

describe('PhotoSpool', () => {
  it('asks the vendor once for an order, at the same time or one after the other', async () => {
    const [first, second] = await Promise.all([spool.take(clean), spool.take(clean)]);
    expect(second).toBe(first);
    expect(await spool.take(clean)).toBe(first);
    expect([...first.photos.keys()]).toEqual(PHOTO_KINDS);
    expect(first.result.cardNumber.masked).toBe('622202*********0128');
    expect(sandbox.calls.result).toBe(1);
    await spool.take(warned);
    expect(sandbox.calls.result).toBe(2);
  });

  it('reads each photo byte for byte as a query has it, as often as it is wanted', async () => {
    const { photos } = await app.ocr.query(clean, { photos: true });
    for (const kind of [...PHOTO_KINDS, ...PHOTO_KINDS]) {
      expect((await bytesOf(clean, kind)).equals(photos[kind]!.bytes)).toBe(true);
      const photo = await spool.read(clean, kind);
      photo.getStream().destroy();
      const { type, length, disposition } = photo.getHeaders();
      expect([type, length, disposition]).toEqual(['image/jpeg', photos[kind]!.size, 'inline']);
    }
    expect(sandbox.calls.result).toBe(2);
  });

  it('has no byte of a photo on the disk', async () => {
    const { photos } = await app.ocr.query(clean, { photos: true });
    await spool.take(clean);
    const spooled = await files();
    expect(spooled).toHaveLength(3);
    for (const file of spooled) {
      const bytes = await readFile(file);
      for (const kind of PHOTO_KINDS) expect(bytes.includes(photos[kind]!.bytes.subarray(0, 16))).toBe(false);
    }
  });

  it('forgets after a while, without being asked, and leaves no file', async () => {
    spool = new PhotoSpool(app.ocr, { ...ROOMY, lifeMs: 20 }, folder);
    await spool.take(clean);
    // No timer fires between an order that is put into it and its caller.
    expect(spool.size).toBe(1);
    while (spool.size > 0 || (await files()).length > 0) await sleep(5);
    await spool.take(clean);
    expect(sandbox.calls.result).toBe(2);
  });

  it('finishes what a client is reading when it forgets', async () => {
    const { photos } = await app.ocr.query(clean, { photos: true });
    const reading = await spool.read(clean, 'original');
    await spool.onApplicationShutdown();
    expect((await buffer(reading.getStream())).equals(photos.original!.bytes)).toBe(true);
    expect(await files()).toEqual([]);
  });

  it('holds no more bytes than it may, the oldest go first', async () => {
    const { photos } = await spool.take(clean);
    const bytes = 2.5 * [...photos.values()].reduce((sum, { size }) => sum + size, 0);
    await spool.onApplicationShutdown();
    spool = new PhotoSpool(app.ocr, { ...ROOMY, bytes: Math.round(bytes) }, folder);
    for (const orderNo of [clean, warned, noValidity]) await spool.take(orderNo);
    expect(spool.size).toBe(2);
    const before = sandbox.calls.result;
    await spool.take(noValidity);
    expect(sandbox.calls.result).toBe(before);
    await spool.take(clean);
    expect(sandbox.calls.result).toBe(before + 1);
  });

  it('serves what is larger than all it may hold, and keeps nothing beside it', async () => {
    spool = new PhotoSpool(app.ocr, { ...ROOMY, bytes: 10_000 }, folder);
    await spool.take(warned);
    expect(await bytesOf(clean, 'original')).not.toHaveLength(0);
    expect(spool.size).toBe(1);
  });

  it('does not keep a result whose photos are still to come', async () => {
    sandbox.configure({ latePhotos: { delayMs: 60_000, as: 'missing' } });
    expect((await spool.take(clean)).result.photos.status).toBe('pending');
    sandbox.configure({ latePhotos: undefined });
    expect((await spool.take(clean)).result.photos.status).toBe('complete');
  });

  it('does not keep a failure, and leaves no file of a response that broke off', async () => {
    const failing = sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '-9012' });
    const both = await Promise.allSettled([spool.take(clean), spool.take(clean)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(failing.hits).toBe(1);
    failing.clear();
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'truncated', times: 1 });
    expect((await spool.take(clean)).result.photos.status).toBe('complete');
    expect(await files()).toHaveLength(3);
  });

  it('fails while there is no place for its files, and works as soon as there is', async () => {
    spool = new PhotoSpool(app.ocr, ROOMY, path.join(folder, 'later'));
    await expect(spool.take(clean)).rejects.toMatchObject({ code: 'ENOENT' });
    await mkdir(path.join(folder, 'later'));
    expect((await spool.take(clean)).photos.size).toBe(3);
  });

  it('says why there is no such photo', async () => {
    await expect(spool.read(noValidity, 'crop')).rejects.toMatchObject({ status: 404 });
  });
});

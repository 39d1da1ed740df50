import { setTimeout as sleep } from 'node:timers/promises';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from '../../../../test/support/application.js';
import { PhotoShelf } from './photo-shelf.js';

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;
const ROOMY = { bytes: 10_000_000, lifeMs: 60_000 };

let sandbox: KycSandbox;
let app: TestApplication;
let shelf: PhotoShelf;

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  app = await startApplication(sandbox, { timeoutMs: 60_000 });
  await app.tickets.getCredentials();
  shelf = new PhotoShelf(app.ocr, ROOMY);
});

afterEach(async () => {
  shelf.onApplicationShutdown();
  await app.application.close();
  await sandbox.stop();
});

describe('PhotoShelf', () => {
  it('asks the vendor once for an order, at the same time or one after the other', async () => {
    const [first, second] = await Promise.all([shelf.take(clean), shelf.take(clean)]);
    expect(second).toBe(first);
    expect(await shelf.take(clean)).toBe(first);
    expect(first.photos.crop?.size).toBeGreaterThan(1_000);
    expect(sandbox.calls.result).toBe(1);
    await shelf.take(warned);
    expect(sandbox.calls.result).toBe(2);
  });

  it('forgets after a while, without being asked', async () => {
    shelf = new PhotoShelf(app.ocr, { ...ROOMY, lifeMs: 20 });
    await shelf.take(clean);
    // No timer fires between a result that is put on it and its caller.
    expect(shelf.size).toBe(1);
    while (shelf.size > 0) await sleep(5);
    await shelf.take(clean);
    expect(sandbox.calls.result).toBe(2);
  });

  it('holds no more bytes than it may, the oldest go first', async () => {
    const { photos } = await shelf.take(clean);
    const bytes = 2.5 * ((photos.original?.size ?? 0) + (photos.crop?.size ?? 0) + (photos.numberStrip?.size ?? 0));
    shelf = new PhotoShelf(app.ocr, { ...ROOMY, bytes: Math.round(bytes) });
    for (const orderNo of [clean, warned, noValidity]) await shelf.take(orderNo);
    expect(shelf.size).toBe(2);
    const before = sandbox.calls.result;
    await shelf.take(noValidity);
    expect(sandbox.calls.result).toBe(before);
    await shelf.take(clean);
    expect(sandbox.calls.result).toBe(before + 1);
  });

  it('serves what is larger than the shelf, and does not keep it', async () => {
    shelf = new PhotoShelf(app.ocr, { ...ROOMY, bytes: 10_000 });
    expect((await shelf.take(clean)).photos.status).toBe('complete');
    expect(shelf.size).toBe(0);
  });

  it('does not keep a result whose photos are still to come', async () => {
    sandbox.configure({ latePhotos: { delayMs: 60_000, as: 'missing' } });
    expect((await shelf.take(clean)).photos.status).toBe('pending');
    sandbox.configure({ latePhotos: undefined });
    expect((await shelf.take(clean)).photos.status).toBe('complete');
  });

  it('does not keep a failure', async () => {
    const failing = sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '-9012' });
    const both = await Promise.allSettled([shelf.take(clean), shelf.take(clean)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(failing.hits).toBe(1);
    failing.clear();
    expect((await shelf.take(clean)).photos.status).toBe('complete');
  });
});

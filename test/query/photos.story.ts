import { Writable } from 'node:stream';
import { atRest, passTime } from '../support/passing-time.js';
import { beginStage, endStage, type QueryStage } from '../support/query-stage.js';

const SECOND = 1_000;

let { clock, sandbox, app, scene } = {} as QueryStage;

beforeEach(async () => {
  ({ clock, sandbox, app, scene } = await beginStage());
  sandbox.addOrder({ orderNo: 'order1', photos: 'all' });
});

afterEach(endStage);

describe('photos', () => {
  it.each(['missing', 'empty'] as const)('that come a second late (%s) are waited for', async (as) => {
    sandbox.configure({ latePhotos: { delayMs: SECOND, as } });
    const query = app.ocr.query('order1', { photos: true });
    await passTime(scene, 3 * SECOND, 100);
    const { photos } = await query;
    expect(photos.status).toBe('complete');
    expect(photos.original?.bytes.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
    expect(sandbox.calls.result).toBeGreaterThan(1);
    // Every request, repetitions included, has a nonce of its own.
    expect(sandbox.violations()).toEqual([]);
  });

  it('that come with a slow answer are waited for', async () => {
    sandbox.configure({ latePhotos: { delayMs: SECOND, as: 'slow' } });
    const query = app.ocr.query('order1', { photos: true });
    await atRest(scene);
    await passTime(scene, 2 * SECOND, 100);
    await expect(query).resolves.toMatchObject({ photos: { status: 'complete' } });
    expect(sandbox.calls.result).toBe(1);
  });

  it('that do not come within waitForPhotosMs leave the card, and say that they are pending', async () => {
    sandbox.configure({ latePhotos: { delayMs: 60 * SECOND, as: 'missing' } });
    const query = app.ocr.query('order1', { photos: true });
    await passTime(scene, 4 * SECOND, 100);
    const result = await query;
    expect(result.photos).toEqual({ status: 'pending', damaged: [] });
    expect(result.cardNumber.reveal()).toMatch(/^\d{16,19}$/);
    expect(sandbox.calls.result).toBeGreaterThan(3);
  });

  it('are asked for once with waitForPhotosMs: 0', async () => {
    sandbox.configure({ latePhotos: { delayMs: 60 * SECOND, as: 'missing' } });
    await expect(app.ocr.query('order1', { photos: true, waitForPhotosMs: 0 })).resolves.toMatchObject({
      photos: { status: 'pending' },
    });
    expect(sandbox.calls.result).toBe(1);
  });

  it('are not waited for when only the crop is empty', async () => {
    sandbox.addOrder({ orderNo: 'order2', photos: 'no-crop' });
    const { photos } = await app.ocr.query('order2', { photos: true });
    expect(photos).toMatchObject({ status: 'complete', original: expect.anything(), numberStrip: expect.anything() });
    expect(photos.crop).toBeUndefined();
    expect(sandbox.calls.result).toBe(1);
  });

  it('do not cost the card when the vendor fails while they are waited for', async () => {
    sandbox.configure({ latePhotos: { delayMs: 60 * SECOND, as: 'missing' } });
    const query = app.ocr.query('order1', { photos: true });
    await atRest(scene);
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'html-502' });
    await passTime(scene, 6 * SECOND, 100);
    await expect(query).resolves.toMatchObject({ photos: { status: 'pending' } });
  });

  it('are waited for no longer than waitForPhotosMs, also when the repetition hangs', async () => {
    sandbox.configure({ latePhotos: { delayMs: 60 * SECOND, as: 'missing' } });
    const query = app.ocr.query('order1', { photos: true });
    await atRest(scene);
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'hang' });
    const startedAt = clock.monotonic();
    let endedAt = 0;
    void query.then(() => (endedAt = clock.monotonic()));
    await passTime(scene, 6 * SECOND, 100);
    await expect(query).resolves.toMatchObject({ photos: { status: 'pending' } });
    expect(endedAt - startedAt).toBeLessThanOrEqual(3_100);
  });

  it('are waited for to the end, though one repetition fails', async () => {
    sandbox.configure({ latePhotos: { delayMs: 2 * SECOND, as: 'missing' } });
    const query = app.ocr.query('order1', { photos: true, maxAttempts: 1 });
    await atRest(scene);
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'html-502', times: 1 });
    await passTime(scene, 4 * SECOND, 100);
    await expect(query).resolves.toMatchObject({ photos: { status: 'complete' } });
  });

  it('are waited for no longer when the caller stops', async () => {
    sandbox.configure({ latePhotos: { delayMs: 60 * SECOND, as: 'missing' } });
    const stop = new AbortController();
    const query = app.ocr.query('order1', { photos: true, signal: stop.signal });
    await atRest(scene);
    const reason = new Error('the caller has left');
    stop.abort(reason);
    await expect(query).rejects.toBe(reason);
  });

  it('keep their bytes, whatever these look like', async () => {
    const bytes = Buffer.from(Array.from({ length: 1_001 }, (_, n) => (n * 7) % 256));
    sandbox.injectFault({
      endpoint: 'getBankCardOcrResult',
      kind: 'answer',
      rewrite: (json) => ({
        ...json,
        result: { ...(json['result'] as object), originBankcardPhoto: bytes.toString('base64') },
      }),
    });
    const { photos } = await app.ocr.query('order1', { photos: true });
    expect(photos.original?.bytes.equals(bytes)).toBe(true);
    expect(photos.original?.mediaType).toBe('application/octet-stream');
  });

  it('that are no Base64 are told as damaged, and the rest survives', async () => {
    sandbox.injectFault({
      endpoint: 'getBankCardOcrResult',
      kind: 'answer',
      rewrite: (json) => ({
        ...json,
        result: { ...(json['result'] as object), bankcardNoPhoto: '***', bankcardCropPhoto: 7 },
      }),
    });
    const { photos } = await app.ocr.query('order1', { photos: true });
    expect(photos).toMatchObject({
      status: 'complete',
      damaged: ['crop', 'numberStrip'],
      original: { mediaType: 'image/jpeg' },
    });
  });

  it('that turn out to be no Base64 on their way to a sink destroy it, and the rest is downloaded', async () => {
    sandbox.injectFault({
      endpoint: 'getBankCardOcrResult',
      kind: 'answer',
      rewrite: (json) => ({
        ...json,
        result: { ...(json['result'] as object), bankcardNoPhoto: `${'/9j/'.repeat(100_000)}***` },
      }),
    });
    const sinks = new Map<string, Writable>();
    const manifest = await app.ocr.download('order1', (kind) => {
      sinks.set(kind, new Writable({ write: (_bytes, _encoding, callback) => callback() }));
      return sinks.get(kind)!;
    });
    expect(manifest).toMatchObject({ status: 'complete', damaged: ['numberStrip'] });
    expect(manifest.photos.map(({ kind }) => kind)).toEqual(['original', 'crop']);
    expect(sinks.get('numberStrip')?.errored).toMatchObject({ code: 'PHOTO_DAMAGED' });
  });
});

describe('signQuery', () => {
  it('gives the five parameters that the vendor accepts once', async () => {
    const parameters = await app.ocr.signQuery('order1');
    expect(Object.keys(parameters).sort()).toEqual(['app_id', 'nonce', 'order_no', 'sign', 'version']);
    const query = new URLSearchParams({ ...parameters });
    const answer = await fetch(`${sandbox.url}/api/server/getBankCardOcrResult?${query.toString()}`);
    await expect(answer.json()).resolves.toMatchObject({ code: '0', result: { orderNo: 'order1' } });
  });
});

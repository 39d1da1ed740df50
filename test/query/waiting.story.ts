import { type BankCardOcrError, OcrResultService, type QueryOptions } from 'nestjs-bankcard-ocr';
import { orderNoForCode } from 'nestjs-bankcard-ocr/testing';
import { atRest, passTime } from '../support/passing-time.js';
import { beginStage, endStage, type QueryStage } from '../support/query-stage.js';

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const FOUR_DAYS_AGO = '2025-12-28 00:00:00';

let { clock, sandbox, app, scene } = {} as QueryStage;

beforeEach(async () => void ({ clock, sandbox, app, scene } = await beginStage()));
afterEach(endStage);

/** A query and when it ended, in milliseconds after its start. */
async function ended(query: ReturnType<OcrResultService['query']>, withinMs: number) {
  const startedAt = clock.monotonic();
  let endedAfterMs = Infinity;
  const end = (): void => void (endedAfterMs = clock.monotonic() - startedAt);
  query.then(end, end);
  await atRest(scene);
  await passTime(scene, withinMs, 100);
  const [outcome] = await Promise.allSettled([query]);
  return { outcome, endedAfterMs };
}

async function failureOf(orderNo: string, options: QueryOptions, withinMs = 20 * SECOND) {
  const { outcome, endedAfterMs } = await ended(app.ocr.query(orderNo, options), withinMs);
  return { error: (outcome as PromiseRejectedResult).reason as BankCardOcrError, endedAfterMs };
}

function appearing(orderNo: string, afterMs: number): void {
  clock.setTimer(() => sandbox.addOrder({ orderNo }), afterMs);
}

describe('a result that is not there yet', () => {
  it('is looked for once more, briefly, when nobody asked to wait', async () => {
    const { error, endedAfterMs } = await failureOf('order1', {});
    expect(error).toMatchObject({ code: 'ORDER_NOT_FOUND', vendorCode: '66660020', retryable: true });
    expect(sandbox.calls.result).toBe(2);
    expect(endedAfterMs).toBeLessThanOrEqual(600);
  });

  it('is waited for with waitForResultMs, and found', async () => {
    appearing('order1', 3 * SECOND);
    const { outcome, endedAfterMs } = await ended(app.ocr.query('order1', { waitForResultMs: 8 * SECOND }), 8 * SECOND);
    expect(outcome).toMatchObject({ status: 'fulfilled', value: { orderNo: 'order1' } });
    expect(endedAfterMs).toBeGreaterThan(2_900);
    expect(endedAfterMs).toBeLessThan(6_000);
    // Every request has a nonce of its own, and none follows another too soon.
    expect(sandbox.violations()).toEqual([]);
  });

  it.each(['5', '66660011', '66660020'])('is waited for whatever the vendor calls it: %s', async (code) => {
    const { error } = await failureOf(orderNoForCode(code), { waitForResultMs: 2 * SECOND });
    expect(error).toMatchObject({ code: 'ORDER_NOT_FOUND', vendorCode: code });
    expect(sandbox.calls.result).toBeGreaterThan(3);
  });

  it('is asked for with growing pauses, and given up with the last answer when the waiting is over', async () => {
    const at: number[] = [];
    sandbox.injectFault({
      endpoint: 'getBankCardOcrResult',
      kind: 'answer',
      rewrite: (json) => {
        at.push(clock.monotonic());
        return { ...json, bizSeqNo: String(at.length).padStart(32, '7') };
      },
    });
    const { error, endedAfterMs } = await failureOf('order1', { waitForResultMs: 10 * SECOND, timeoutMs: 60 * SECOND });
    const pauses = at.slice(1).map((moment, n) => moment - (at[n] ?? 0));
    expect(pauses.slice(1, -1)).toEqual(pauses.slice(1, -1).toSorted((one, other) => one - other));
    expect(pauses.length).toBeLessThanOrEqual(8);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(4_100);
    expect(error).toMatchObject({ code: 'ORDER_NOT_FOUND', bizSeqNo: String(at.length).padStart(32, '7') });
    expect(endedAfterMs).toBeGreaterThan(8_000);
    expect(endedAfterMs).toBeLessThanOrEqual(10_600);
  });

  it('is waited for no longer than the whole call may take', async () => {
    const { error, endedAfterMs } = await failureOf('order1', { waitForResultMs: 60 * SECOND, timeoutMs: 4 * SECOND });
    expect(error.code).toBe('ORDER_NOT_FOUND');
    expect(endedAfterMs).toBeLessThanOrEqual(4_000);
  });

  it('is waited for though the vendor fails meanwhile, or hangs', async () => {
    appearing('order1', 2 * SECOND);
    const query = app.ocr.query('order1', { waitForResultMs: 10 * SECOND, attemptTimeoutMs: SECOND });
    await passTime(scene, 600, 100);
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'html-502', times: 1 });
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'hang', times: 1 });
    await passTime(scene, 9 * SECOND, 100);
    await expect(query).resolves.toMatchObject({ orderNo: 'order1' });
  });

  it('is not waited for when it comes as a failure that is final', async () => {
    clock.setTimer(() => sandbox.addOrder({ orderNo: 'order1', code: '-9012' }), SECOND);
    const { error, endedAfterMs } = await failureOf('order1', { waitForResultMs: 10 * SECOND });
    expect(error).toMatchObject({ code: 'CARD_UNREADABLE', vendorCode: '-9012' });
    expect(endedAfterMs).toBeLessThan(2 * SECOND);
  });

  it('is waited for no longer when the caller stops', async () => {
    const stop = new AbortController();
    const query = app.ocr.query('order1', { waitForResultMs: 10 * SECOND, signal: stop.signal });
    query.catch(() => undefined);
    await passTime(scene, 2 * SECOND, 100);
    const reason = new Error('the caller has left');
    stop.abort(reason);
    await expect(query).rejects.toBe(reason);
  });

  it('brings late photos, which are waited for afterwards', async () => {
    appearing('order1', 2 * SECOND);
    sandbox.configure({ latePhotos: { delayMs: SECOND, as: 'missing' } });
    const query = app.ocr.query('order1', { photos: true, waitForResultMs: 8 * SECOND });
    const { outcome } = await ended(query, 12 * SECOND);
    expect(outcome).toMatchObject({ status: 'fulfilled', value: { photos: { status: 'complete' } } });
  });
});

describe('a result that Tencent no longer keeps', () => {
  it('is told apart by recognizedAt, and not waited for', async () => {
    const bizSeqNo = '21062120001184412617492807497465';
    const rewrite = (json: Record<string, unknown>) => ({ ...json, bizSeqNo });
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'answer', rewrite });
    const recognizedAt = new Date(clock.now() - 3 * DAY - SECOND);
    const { error, endedAfterMs } = await failureOf('order1', { recognizedAt, waitForResultMs: 10 * SECOND });
    expect(error).toMatchObject({ code: 'RESULT_GONE', retryable: false, vendorCode: '66660020', bizSeqNo });
    expect(endedAfterMs).toBeLessThanOrEqual(600);
  });

  it('is not gone before that, nor when the clock of the phone is ahead', async () => {
    for (const agoMs of [3 * DAY - 20 * SECOND, -400 * DAY]) {
      const recognizedAt = new Date(clock.now() - agoMs);
      const { error } = await failureOf('order1', { recognizedAt, waitForResultMs: 2 * SECOND }, 5 * SECOND);
      expect(error.code).toBe('ORDER_NOT_FOUND');
    }
    expect(sandbox.calls.result).toBeGreaterThan(6);
  });

  it('is given all the same when the vendor has it', async () => {
    sandbox.addOrder({ orderNo: 'order1', operateTime: FOUR_DAYS_AGO });
    await expect(app.ocr.query('order1')).resolves.toMatchObject({
      retention: { endsAt: new Date('2025-12-31T00:00:00+08:00'), remainingMs: 0 },
    });
  });

  it.each(['yesterday', 5, null, new Date(NaN)])('cannot be told by %p', async (recognizedAt) => {
    const query = app.ocr.query('order1', { recognizedAt } as QueryOptions);
    await expect(query).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^recognizedAt .*Date/),
    });
    expect(sandbox.calls.result).toBe(0);
  });
});

describe('the time that is left', () => {
  it('counts from the recognition to assumedVendorRetentionMs', async () => {
    sandbox.addOrder({ orderNo: 'order1' });
    const recognizedAt = clock.now();
    clock.advance(60 * SECOND);
    const { retention } = await app.ocr.query('order1', { recognizedAt: new Date(0) });
    expect(retention).toEqual({ endsAt: new Date(recognizedAt + 3 * DAY), remainingMs: 3 * DAY - 60 * SECOND });
  });
});

describe('photos that did not come', () => {
  it('are gone when the card was recognized too long ago, and not waited for', async () => {
    sandbox.addOrder({ orderNo: 'order1', operateTime: FOUR_DAYS_AGO, photos: 'none' });
    const { photos } = await app.ocr.query('order1', { photos: true });
    expect(photos).toEqual({ status: 'gone', damaged: [] });
    expect(sandbox.calls.result).toBe(1);
  });

  it.each<[string, number, string]>([
    ['gone', 4 * DAY, 'gone'],
    ['pending', 2 * DAY, 'pending'],
  ])('are %s by recognizedAt, when the vendor gives no time', async (_name, agoMs, status) => {
    sandbox.addOrder({ orderNo: 'order1', photos: 'none' });
    sandbox.injectFault({
      endpoint: 'getBankCardOcrResult',
      kind: 'answer',
      rewrite: (json) => ({ ...json, result: { ...(json['result'] as object), operateTime: '' } }),
    });
    const recognizedAt = new Date(clock.now() - agoMs);
    const { outcome } = await ended(app.ocr.query('order1', { photos: true, recognizedAt }), 4 * SECOND);
    expect(outcome).toMatchObject({ status: 'fulfilled', value: { photos: { status } } });
    expect(sandbox.calls.result > 1).toBe(status === 'pending');
  });

  it('are complete when they came, however late it is', async () => {
    sandbox.addOrder({ orderNo: 'order1', operateTime: FOUR_DAYS_AGO });
    const { photos } = await app.ocr.query('order1', { photos: true });
    expect(photos.status).toBe('complete');
  });
});

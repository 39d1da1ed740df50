import { orderNoForCode } from 'nestjs-bankcard-ocr/testing';
import { atRest, passTime } from '../support/passing-time.js';
import { endStage } from '../support/query-stage.js';
import {
  beginRecognition,
  JPEG,
  RECOGNIZE,
  recognitionFailure,
  type RecognitionStage,
} from '../support/recognition-stage.js';

const SECOND = 1_000;

let { sandbox, scene, recognition } = {} as RecognitionStage;

beforeEach(async () => {
  ({ sandbox, scene, recognition } = await beginRecognition());
});

afterEach(endStage);

describe('an image whose answer does not come', () => {
  it.each(['lost-response', 'truncated', 'truncated-json', 'wrong-types'] as const)(
    'but was recognized (%s), is queried and not sent again',
    async (kind) => {
      sandbox.injectFault({ endpoint: RECOGNIZE, kind });
      const result = await recognition.recognize(JPEG, { orderNo: 'order1' });
      expect(result).toMatchObject({ orderNo: 'order1', photos: { numberStrip: { mediaType: 'image/jpeg' } } });
      expect(sandbox.calls).toMatchObject({ recognition: 1, result: 1 });
      expect(sandbox.violations()).toEqual([]);
    },
  );

  it('in time, but was recognized, is queried', async () => {
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'slow', delayMs: 60 * SECOND });
    const result = recognition.recognize(JPEG, { orderNo: 'order1', recognitionTimeoutMs: 2 * SECOND });
    await passTime(scene, 3 * SECOND, 100);
    await expect(result).resolves.toMatchObject({ orderNo: 'order1' });
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 1 });
  });

  it.each([
    ['hang', 'TIMEOUT'],
    ['reset', 'UNREACHABLE'],
    ['html-502', 'VENDOR_FAULT'],
    ['empty-body', 'RESPONSE_MALFORMED'],
  ] as const)('and is not there when it is queried (%s): the error says to query, and why', async (kind, code) => {
    sandbox.injectFault({ endpoint: RECOGNIZE, kind });
    const failing = recognitionFailure(recognition.recognize(JPEG));
    await passTime(scene, 16 * SECOND, 100);
    const error = await failing;
    expect(error).toMatchObject({ code, outcomeUnknown: true, retryable: false });
    expect(error.message).toMatch(/may have been recognized and billed under this order number: query it/);
    expect(error.orderNo).toMatch(/^\w{32}$/);
    expect(sandbox.calls.recognition).toBe(1);
    const asked = sandbox.journal().filter(({ endpoint }) => endpoint === 'getBankCardOcrResult');
    expect(asked.map(({ orderNo, code }) => [orderNo, code])).toEqual([
      [error.orderNo, '66660020'],
      [error.orderNo, '66660020'],
    ]);
  });

  it.each(['999999', '4', '66660021'])('because of a fault inside the vendor (%s) is the same', async (vendorCode) => {
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'code', code: vendorCode });
    const failing = recognitionFailure(recognition.recognize(JPEG));
    await passTime(scene, 3 * SECOND, 100);
    expect(await failing).toMatchObject({ code: 'VENDOR_FAULT', vendorCode, outcomeUnknown: true });
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 2 });
  });

  it('is waited for, when the call wants that', async () => {
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'reset' });
    const result = recognition.recognize(JPEG, { orderNo: 'order1', waitForResultMs: 10 * SECOND });
    await passTime(scene, 4 * SECOND, 100);
    sandbox.addOrder({ orderNo: 'order1' });
    await passTime(scene, 8 * SECOND, 100);
    await expect(result).resolves.toMatchObject({ orderNo: 'order1' });
    expect(sandbox.calls.recognition).toBe(1);
  });

  it('and had no card on it, is that', async () => {
    const orderNo = orderNoForCode('-9012');
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'lost-response' });
    const error = await recognitionFailure(recognition.recognize(JPEG, { orderNo }));
    expect(error).toMatchObject({ code: 'CARD_UNREADABLE', vendorCode: '-9012', orderNo, outcomeUnknown: false });
  });

  it('and that cannot be queried either, tells its own failure', async () => {
    sandbox.injectFault({ endpoint: 'all', kind: 'reset' });
    const failing = recognitionFailure(recognition.recognize(JPEG, { maxAttempts: 2 }));
    await passTime(scene, 3 * SECOND, 100);
    expect(await failing).toMatchObject({ code: 'UNREACHABLE', outcomeUnknown: true });
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 2 });
  });

  it('before the time of the whole call is over, is not queried any more', async () => {
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'hang' });
    const failing = recognitionFailure(recognition.recognize(JPEG, { timeoutMs: 3 * SECOND }));
    await passTime(scene, 4 * SECOND, 100);
    expect(await failing).toMatchObject({ code: 'TIMEOUT', outcomeUnknown: true });
    expect((await failing).message).toContain('timeoutMs');
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 0 });
  });

  it('is not asked for any longer either when the caller stops meanwhile', async () => {
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'lost-response' });
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'hang' });
    const stop = new AbortController();
    const reason = new Error('the caller has left');
    const call = recognition.recognize(JPEG, { signal: stop.signal });
    await atRest(scene);
    expect(sandbox.calls.result).toBe(1);
    stop.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  it('is nobody’s any more when the caller stops: the reason is thrown as it is', async () => {
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'hang' });
    const stop = new AbortController();
    const reason = new Error('the caller has left');
    const call = recognition.recognize(JPEG, { signal: stop.signal });
    await atRest(scene);
    stop.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 0 });
  });
});

describe('a limit of the vendor', () => {
  it.each(['400501', '400506', '400504'])('(%s) ends it: whoever calls decides when to send again', async (code) => {
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'code', code });
    const failing = recognitionFailure(recognition.recognize(JPEG));
    await passTime(scene, 6 * SECOND, 100);
    expect(await failing).toMatchObject({ code: 'RATE_LIMITED', retryable: true, outcomeUnknown: false });
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 0 });
  });
});

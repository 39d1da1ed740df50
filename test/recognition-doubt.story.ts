import { RecognitionError, RecognitionService } from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock, orderNoForCode } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from './support/application.js';
import { atRest, passTime, type Scene } from './support/passing-time.js';

const SECOND = 1_000;
const RECOGNIZE = 'bankcardocrapp';
const JPEG = Buffer.concat([Buffer.from('ffd8ffe000104a464946000101', 'hex'), Buffer.alloc(10_000, 'picture ')]);

let clock: ManualClock;
let sandbox: KycSandbox;
let app: TestApplication;
let scene: Scene;
let recognition: RecognitionService;

beforeEach(async () => {
  clock = new ManualClock();
  sandbox = await KycSandbox.start({ clock });
  app = await startApplication(sandbox, { clock });
  scene = { clock, sandbox, tickets: [app.tickets] };
  recognition = app.application.get(RecognitionService);
  await atRest(scene);
});

afterEach(async () => {
  sandbox.clearFaults();
  await app.application.close();
  await sandbox.stop();
});

async function failureOf(call: Promise<unknown>): Promise<RecognitionError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof RecognitionError) return error;
  throw new Error('The recognition did not fail with its error.', { cause: error });
}

describe('an image whose answer does not come', () => {
  it.each(['lost-answer', 'truncated', 'truncated-json', 'wrong-types'] as const)(
    'but was recognised (%s), is queried and not sent again',
    async (kind) => {
      sandbox.injectFault({ endpoint: RECOGNIZE, kind });
      const result = await recognition.recognize(JPEG, { orderNo: 'order1' });
      expect(result).toMatchObject({ orderNo: 'order1', photos: { number: { mediaType: 'image/jpeg' } } });
      expect(sandbox.calls).toMatchObject({ recognition: 1, result: 1 });
      expect(sandbox.misuse()).toEqual([]);
    },
  );

  it('in time, but was recognised, is queried', async () => {
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
    ['empty-body', 'ANSWER_MALFORMED'],
  ] as const)('and is not there when it is queried (%s): the error says to query, and why', async (kind, code) => {
    sandbox.injectFault({ endpoint: RECOGNIZE, kind });
    const failing = failureOf(recognition.recognize(JPEG));
    await passTime(scene, 16 * SECOND, 100);
    const error = await failing;
    expect(error).toMatchObject({ code, outcomeUnknown: true, retryable: false });
    expect(error.message).toMatch(/may have been recognised and billed under this order number: query it/);
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
    const failing = failureOf(recognition.recognize(JPEG));
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
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'lost-answer' });
    const error = await failureOf(recognition.recognize(JPEG, { orderNo }));
    expect(error).toMatchObject({ code: 'CARD_UNREADABLE', vendorCode: '-9012', orderNo, outcomeUnknown: false });
  });

  it('and that cannot be queried either, tells its own failure', async () => {
    sandbox.injectFault({ endpoint: 'all', kind: 'reset' });
    const failing = failureOf(recognition.recognize(JPEG, { maxAttempts: 2 }));
    await passTime(scene, 3 * SECOND, 100);
    expect(await failing).toMatchObject({ code: 'UNREACHABLE', outcomeUnknown: true });
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 2 });
  });

  it('before the time of the whole call is over, is not queried any more', async () => {
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'hang' });
    const failing = failureOf(recognition.recognize(JPEG, { timeoutMs: 3 * SECOND }));
    await passTime(scene, 4 * SECOND, 100);
    expect(await failing).toMatchObject({ code: 'TIMEOUT', outcomeUnknown: true });
    expect((await failing).message).toContain('timeoutMs');
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 0 });
  });

  it('is not asked for any longer either when the caller stops meanwhile', async () => {
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'lost-answer' });
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
    const failing = failureOf(recognition.recognize(JPEG));
    await passTime(scene, 6 * SECOND, 100);
    expect(await failing).toMatchObject({ code: 'RATE_LIMITED', retryable: true, outcomeUnknown: false });
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 0 });
  });
});

import { Readable } from 'node:stream';
import { RecognitionService } from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from '../support/application.js';
import { eventually } from '../support/passing-time.js';
import { JPEG, RECOGNIZE } from '../support/recognition-stage.js';

let sandbox: KycSandbox;
let app: TestApplication;
let recognition: RecognitionService;

async function start(change: Parameters<typeof startApplication>[1] = {}): Promise<void> {
  app = await startApplication(sandbox, change);
  recognition = app.application.get(RecognitionService);
  await app.tickets.getCredentials();
}

beforeEach(async () => {
  sandbox = await KycSandbox.start();
});

afterEach(async () => {
  sandbox.clearFaults();
  await app.application.close();
  await sandbox.stop();
});

describe('what is known of an image that brought no card', () => {
  it('is that it was sent once, when a gateway has too many (HTTP 429)', async () => {
    await start();
    const headers = { 'retry-after': '0' };
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'body', status: 429, headers, body: 'slow down' });
    await expect(recognition.recognize(JPEG)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(sandbox.calls.recognition).toBe(1);
  });

  it('is that it never left, while it waited for a connection', async () => {
    const clock = new ManualClock();
    await start({ maxConnections: 1, clock });
    const fault = sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'hang', times: 1 });
    const first = recognition.recognize(JPEG, { recognitionTimeoutMs: 1_500, timeoutMs: 1_500 }).catch(() => undefined);
    await eventually(() => fault.hits === 1);
    const second = recognition.recognize(JPEG, { timeoutMs: 300 });
    clock.advance(300);
    await expect(second).rejects.toMatchObject({ code: 'TIMEOUT', outcomeUnknown: false });
    clock.advance(1_500);
    await first;
  });

  it('is to be queried, when it was recognized and a policy could not judge it', async () => {
    await start({
      warningPolicy: () => {
        throw new Error('a fault of the policy');
      },
    });
    sandbox.injectFault({
      endpoint: RECOGNIZE,
      kind: 'answer',
      rewrite: (json) => ({ ...json, result: { ...(json['result'] as object), warningCode: '-9112' } }),
    });
    const failing = recognition.recognize(JPEG, { orderNo: 'order1' });
    await expect(failing).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', outcomeUnknown: true });
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 0 });
    await expect(app.ocr.query('order1', { warningPolicy: 'report' })).resolves.toMatchObject({ orderNo: 'order1' });
  });
});

describe('the stream of an image', () => {
  it.each([{ orderNo: 'no order' }, { userId: 'no user!' }, { timeoutMs: -1 }, { signal: AbortSignal.abort() }])(
    'is closed when the call is refused early: %j',
    async (options) => {
      await start();
      const stream = Readable.from([JPEG]);
      await expect(recognition.recognize(stream, options)).rejects.toBeDefined();
      expect(stream.destroyed).toBe(true);
      expect(sandbox.calls.recognition).toBe(0);
    },
  );

  it('is not waited for when it does not close: the call ends with its time', async () => {
    await start();
    const stuck = new Readable({ read: () => undefined, destroy: () => undefined });
    // However slow the machine is, the stream has not closed by then.
    const failing = recognition.recognize(stuck, { timeoutMs: 200 });
    await expect(failing).rejects.toMatchObject({ code: 'TIMEOUT', outcomeUnknown: false });
  });
});

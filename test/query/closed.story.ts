import { RecognitionService, SdkLaunchService } from 'nestjs-bankcard-ocr';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { startApplication } from '../support/application.js';

const KINDS = ['http-service', 'undici'] as const;

let sandbox: KycSandbox;
beforeAll(async () => (sandbox = await KycSandbox.start({ unknownOrders: 'invent' })));
afterAll(() => sandbox.stop());

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );
}

describe.each(KINDS)('a module over %s that was closed while it had credentials', (transport) => {
  it('says so, whatever it is asked for, and asks the vendor for nothing', async () => {
    const { application, ocr, tickets } = await startApplication(sandbox, { transport });
    const sdk = application.get(SdkLaunchService);
    const recognition = application.get(RecognitionService);
    await ocr.query('order1');
    await application.close();
    const calls = sandbox.calls;

    const asked: Record<string, () => Promise<unknown>> = {
      query: () => ocr.query('order1'),
      download: () => ocr.download('order1', () => null as never),
      signQuery: () => ocr.signQuery('order1'),
      create: () => sdk.create({ userId: 'user1' }),
      verifyResult: () => sdk.verifyResult({ orderNo: 'order1', sign: 'A'.repeat(40) }),
      recognize: () => recognition.recognize(Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex')),
      current: () => tickets.getCredentials(),
      refresh: () => tickets.refresh(),
      look: () => tickets.reload(),
    };
    for (const [name, call] of Object.entries(asked)) {
      const failure = await failureOf(call());
      expect([name, failure]).toMatchObject([
        name,
        {
          name: name === 'recognize' ? 'RecognitionError' : 'BankCardOcrError',
          code: 'NO_VALID_TICKET',
          retryable: false,
          message: expect.stringContaining('the module is closed'),
          messageZh: expect.stringContaining('已随应用或账号关闭'),
        },
      ]);
    }
    const outcomes = [];
    for await (const outcome of ocr.queryMany(['order1', 'order2'])) outcomes.push(outcome);
    expect(outcomes).toMatchObject([
      { error: { name: 'BankCardOcrError', code: 'NO_VALID_TICKET' } },
      { error: { name: 'BankCardOcrError', code: 'NO_VALID_TICKET' } },
    ]);
    expect(sandbox.calls).toEqual(calls);
  });

  it('ends a query that is under way with an error of this library', async () => {
    const { application, ocr } = await startApplication(sandbox, { transport });
    await ocr.query('order1');
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'hang' });
    const failing = failureOf(ocr.query('order1'));
    while (sandbox.inFlight === 0) await new Promise((resolve) => setImmediate(resolve));
    await application.close();
    sandbox.clearFaults();
    expect(await failing).toMatchObject({
      name: 'BankCardOcrError',
      retryable: false,
      message: expect.stringMatching(/closed/),
    });
  });
});

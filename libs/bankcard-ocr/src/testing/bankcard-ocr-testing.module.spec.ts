import { Test } from '@nestjs/testing';
import { OcrResultService } from '../results/ocr-result.service.js';
import { BankCardOcrTestingModule, getSandboxInjectionToken } from './bankcard-ocr-testing.module.js';
import { KycSandbox } from './kyc-sandbox.js';

describe('BankCardOcrTestingModule', () => {
  it('gives the services on a sandbox of their own, which ends with the application', async () => {
    const testing = await Test.createTestingModule({ imports: [BankCardOcrTestingModule.forRoot()] }).compile();
    testing.useLogger(false);
    const app = await testing.init();
    const sandbox = app.get(KycSandbox);
    sandbox.addOrder({ orderNo: 'order1', bankCardNo: '6222021234567890128' });
    await expect(app.get(OcrResultService).query('order1')).resolves.toMatchObject({ orderNo: 'order1' });
    await app.close();
    await expect(fetch(sandbox.url)).rejects.toThrow('fetch failed');
  });

  it('takes the options of sandbox and module', async () => {
    const testing = await Test.createTestingModule({
      imports: [BankCardOcrTestingModule.forRoot({ sandbox: { pathPrefix: '/kyc' }, module: { maxAttempts: 1 } })],
    }).compile();
    testing.useLogger(false);
    const app = await testing.init();
    const sandbox = app.get(KycSandbox);
    expect(sandbox.url).toMatch(/\/kyc$/);
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'html-502' });
    await expect(app.get(OcrResultService).query('order1')).rejects.toMatchObject({ code: 'VENDOR_FAULT' });
    expect(sandbox.calls.result).toBe(1);
    await app.close();
  });

  it('has the sandbox of an account with a name under that name only, whichever comes last', async () => {
    const names = [undefined, 'loans'];
    for (const order of [names, [...names].reverse()]) {
      const imports = order.map((name) => BankCardOcrTestingModule.forRoot({ name }));
      const app = await Test.createTestingModule({ imports }).compile();
      const [own, loans] = [app.get(KycSandbox), app.get(getSandboxInjectionToken('loans'))];
      expect(own.appId).toBe('IDASANDB');
      expect(loans.appId).not.toBe(own.appId);
      own.addOrder({ orderNo: 'order1' });
      await expect(app.get(OcrResultService).query('order1')).resolves.toMatchObject({ orderNo: 'order1' });
      await app.close();
    }
    const app = await Test.createTestingModule({
      imports: [BankCardOcrTestingModule.forRoot({ name: 'loans' })],
    }).compile();
    expect(() => app.get(KycSandbox)).toThrow('Nest could not find KycSandbox element');
    await app.close();
  });

  it.each(['undici', 'http-service'] as const)(
    'queries while the timers of a test are fake, without those that docs/testing.md names, and closes, on %s',
    async (transport) => {
      const testing = await Test.createTestingModule({
        imports: [BankCardOcrTestingModule.forRoot({ module: { transport } })],
      }).compile();
      testing.useLogger(false);
      const app = await testing.init();
      app.get(KycSandbox).addOrder({ orderNo: 'order1' });
      const query = () => app.get(OcrResultService).query('order1');
      await query();
      try {
        jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
        for (let count = 0; count < 3; count += 1) await expect(query()).resolves.toMatchObject({ orderNo: 'order1' });
        jest.useFakeTimers();
        await app.close();
      } finally {
        jest.useRealTimers();
      }
      expect(app.get(KycSandbox).connections.open).toBe(0);
    },
  );
});

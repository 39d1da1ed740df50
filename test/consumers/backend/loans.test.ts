import 'reflect-metadata';
import { Test, type TestingModule } from '@nestjs/testing';
import { getBankCardOcrToken, OcrResultService } from 'nestjs-bankcard-ocr';
import {
  aBankCardOcrResult,
  BankCardOcrTestingModule,
  getSandboxInjectionToken,
  orderNoForCode,
} from 'nestjs-bankcard-ocr/testing';
import { Loans } from './loans';

/** A user's test, on nothing but the entry for tests; the runner's globals are those of jest and of vitest. */
describe('Loans', () => {
  const metadata = { imports: [BankCardOcrTestingModule.forRoot({ name: 'loans' })], providers: [Loans] };
  let app: TestingModule;

  beforeAll(async () => {
    app = await Test.createTestingModule(metadata).compile();
    await app.init();
  });

  afterAll(() => app.close());

  it('takes a good card, not one with warnings', async () => {
    const sandbox = app.get(getSandboxInjectionToken('loans'));
    sandbox.addOrder({ orderNo: 'good1' });
    sandbox.addOrder({ orderNo: 'copy1', warnings: ['-9113'] });
    expect(await app.get(Loans).isGood('good1')).toBe(true);
    expect(await app.get(Loans).isGood('copy1')).toBe(false);
    expect(sandbox.violations()).toEqual([]);
  });

  it('is told of a photo that cannot be read', async () => {
    await expect(app.get(Loans).isGood(orderNoForCode('-9012'))).rejects.toMatchObject({ code: 'CARD_UNREADABLE' });
  });

  it('takes a result that a test has made, without a vendor', async () => {
    const results = {
      query: async () =>
        aBankCardOcrResult()
          .with({ warnings: ['-9113'] })
          .build(),
    };
    const alone = await Test.createTestingModule(metadata)
      .overrideProvider(getBankCardOcrToken(OcrResultService, 'loans'))
      .useValue(results)
      .compile();
    expect(await alone.get(Loans).isGood('order1')).toBe(false);
    await alone.close();
  });

  it('tells results apart that differ in the card alone, also where the masked numbers are the same', () => {
    const result = (cardNumber: string) => aBankCardOcrResult().with({ cardNumber }).build();
    const one = result('6222021234567890128');
    expect(one).toEqual(result('6222021234567890128'));
    for (const other of ['4111111111111111', '6222020000000000128']) {
      expect(one).not.toEqual(result(other));
      expect(one.cardNumber).not.toStrictEqual(result(other).cardNumber);
    }
    expect(structuredClone(one.cardNumber).masked).toBe('622202*********0128');
  });
});

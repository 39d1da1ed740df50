import { BankCardOcrModule, type BankCardOcrOptions, MemoryTicketStore } from 'nestjs-bankcard-ocr';
import { bankCardOcrConfigFor } from 'nestjs-bankcard-ocr/config';
import { getSandboxInjectionToken } from 'nestjs-bankcard-ocr/testing';
import { optionsFor } from '../support/application.js';
import { sandbox, start, stopAll } from '../support/several-accounts.js';

afterEach(stopAll);

describe('wrong use of several accounts says how to mend it', () => {
  let options: BankCardOcrOptions;
  let others: BankCardOcrOptions;

  beforeEach(async () => {
    options = optionsFor(await sandbox('IDALOANS'));
    others = optionsFor(await sandbox('IDASAVES'));
  });

  it('the same name twice', async () => {
    const twice = [options, others].map((each) => BankCardOcrModule.forRoot({ name: 'loans', ...each }));
    await expect(start(twice)).rejects.toThrow(/name: is 'loans' for two app ids: give each registration a name/);
  });

  it('the same app id twice, whatever the names', async () => {
    const twice = ['loans', 'savings'].map((name) => BankCardOcrModule.forRoot({ name, ...options }));
    await expect(start(twice)).rejects.toThrow(/registered twice for app id .*as 'loans' and as 'savings'.*Call/s);
  });

  it('a missing name', async () => {
    const twice = [options, others].map((each) => BankCardOcrModule.forRoot(each));
    await expect(start(twice)).rejects.toThrow(
      /name: is missing.*forRootAsync\({ name: 'loans', ... }\).*@InjectBankCardOcr\(OcrResultService, 'loans'\)/s,
    );
  });

  it('a name that cannot be one, at once', () => {
    expect(() => BankCardOcrModule.forRoot({ name: 'two words', ...options })).toThrow(/name: must be a letter/);
    expect(() => BankCardOcrModule.forRootAsync({ name: '', useFactory: () => options })).toThrow(/must be a letter/);
    expect(() => bankCardOcrConfigFor('two words')).toThrow(/name: must be a letter/);
    expect(() => getSandboxInjectionToken('two words')).toThrow(/name: must be a letter/);
  });

  it('a name that comes from the factory, which is too late', async () => {
    const useFactory = () => ({ ...options, name: 'loans' });
    await expect(start([BankCardOcrModule.forRootAsync({ useFactory })])).rejects.toThrow(
      /name: cannot come from a factory: write it beside useFactory/,
    );
  });

  it('one store object for two accounts', async () => {
    const ticketStore = new MemoryTicketStore();
    const both = [
      BankCardOcrModule.forRoot({ name: 'loans', ...options, ticketStore }),
      BankCardOcrModule.forRoot({ name: 'savings', ...others, ticketStore }),
    ];
    await expect(start(both)).rejects.toThrow(/ticketStore.*one object for 'loans' and 'savings'.*make one for each/);
  });
});

import { type DynamicModule, Injectable, type INestApplication, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  BankCardOcrAccountsModule,
  BankCardOcrModule,
  type BankCardOcrOptions,
  type BankCardOcrOptionsFactory,
  OcrResultService,
} from 'nestjs-bankcard-ocr';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { optionsFor } from '../support/application.js';

let sandbox: KycSandbox;
let options: BankCardOcrOptions;
let app: INestApplication | undefined;

beforeAll(async () => {
  sandbox = await KycSandbox.start();
  options = optionsFor(sandbox);
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});
afterAll(() => sandbox.stop());

@Injectable({ scope: Scope.REQUEST })
class PerRequest implements BankCardOcrOptionsFactory {
  createBankCardOcrOptions(): BankCardOcrOptions {
    return options;
  }
}

@Injectable({ scope: Scope.REQUEST, durable: true })
class PerTenant extends PerRequest {}

@Injectable({ scope: Scope.TRANSIENT })
class Transient extends PerRequest {}

@Injectable()
class DependsOnOne implements BankCardOcrOptionsFactory {
  constructor(private readonly one: PerRequest) {}
  createBankCardOcrOptions(): BankCardOcrOptions {
    return this.one.createBankCardOcrOptions();
  }
}

@Module({ providers: [PerRequest, DependsOnOne], exports: [DependsOnOne] })
class ExistingModule {}

async function start(...imports: DynamicModule[]): Promise<void> {
  const testing = await Test.createTestingModule({ imports }).compile();
  testing.useLogger(false);
  app = testing.createNestApplication({ logger: false });
  await app.init();
}

describe('options that are made for each request', () => {
  const useFactory = (): BankCardOcrOptions => options;
  const { REQUEST: scoped } = Scope;

  it.each<[string, () => DynamicModule]>([
    ['the request is injected', () => BankCardOcrModule.forRootAsync({ inject: [REQUEST], useFactory })],
    ['by a class of the request scope', () => BankCardOcrModule.forRootAsync({ useClass: PerRequest })],
    ['by a durable class', () => BankCardOcrModule.forRootAsync({ useClass: PerTenant })],
    [
      'by a class that depends on one',
      () => BankCardOcrModule.forRootAsync({ imports: [ExistingModule], useExisting: DependsOnOne }),
    ],
    ['with a name', () => BankCardOcrModule.forRootAsync({ name: 'loans', inject: [REQUEST], useFactory })],
    [
      'by a provider of the factory',
      () =>
        BankCardOcrModule.forRootAsync({
          inject: ['one'],
          useFactory,
          provideInjectionTokensFrom: [{ provide: 'one', scope: scoped, useFactory: () => 1 }],
        }),
    ],
    [
      'of accounts',
      () =>
        BankCardOcrAccountsModule.forRootAsync({ inject: [REQUEST], useFactory: () => ({ resolve: () => options }) }),
    ],
  ])('are refused at the start, with a pointer to accounts: %s', async (_how, register) => {
    const starting = start(register());
    await expect(starting).rejects.toMatchObject({ code: 'CONFIGURATION', issues: [{ option: 'options' }] });
    await expect(starting).rejects.toThrow(/depend on the request.*BankCardOcrAccountsModule \(docs\/accounts\.md\)/);
    await expect(starting).rejects.toMatchObject({ messageZh: expect.stringContaining('依赖于请求') });
    expect(sandbox.calls.accessToken).toBe(0);
  });

  it('are refused beside a registration whose options are not', async () => {
    const right = BankCardOcrModule.forRoot(options);
    const wrong = BankCardOcrModule.forRootAsync({ name: 'loans', inject: [REQUEST], useFactory });
    await expect(start(right, wrong)).rejects.toThrow(/depend on the request/);
  });

  it('are not those of a transient class, which Nest makes once for the module', async () => {
    await start(BankCardOcrModule.forRootAsync({ useClass: Transient }));
    expect(app?.get(OcrResultService)).toBeInstanceOf(OcrResultService);
  });
});

import { type DynamicModule, Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { BankCardOcrModule } from '../bankcard-ocr.module.js';
import type { BankCardOcrOptions } from '../options/bankcard-ocr.options.js';
import { KycSandbox } from './kyc-sandbox.js';
import type { KycSandboxOptions } from './kyc-sandbox.options.js';

/** What a {@link BankCardOcrTestingModule} is made of. */
export interface BankCardOcrTestingOptions {
  /** How the sandbox behaves. Its clock is also the module's. */
  readonly sandbox?: KycSandboxOptions;
  /** Options of `BankCardOcrModule` beside those that lead to the sandbox. */
  readonly module?: Partial<BankCardOcrOptions>;
}

/**
 * Takes the place of `BankCardOcrModule` in a test: the same services, global, on a sandbox of their own, which can be
 * injected as `KycSandbox` and ends with the application.
 *
 * @example
 * const app = await Test.createTestingModule({ imports: [BankCardOcrTestingModule.forRoot(), MyModule] }).compile();
 * app.get(KycSandbox).addOrder({ orderNo: 'order1' });
 */
@Module({})
export class BankCardOcrTestingModule {
  static forRoot({ sandbox, module }: BankCardOcrTestingOptions = {}): DynamicModule {
    const provideSandbox: DynamicModule = {
      module: SandboxModule,
      providers: [{ provide: KycSandbox, useFactory: () => KycSandbox.start(sandbox) }],
      exports: [KycSandbox],
    };
    const ocr = BankCardOcrModule.forRootAsync({
      isGlobal: true,
      imports: [provideSandbox],
      inject: [KycSandbox],
      useFactory: ({ appId, secret, url }: KycSandbox): BankCardOcrOptions => {
        return { appId, secret, baseUrl: url, ticketStore: 'memory:', clock: sandbox?.clock, ...module };
      },
    });
    return { module: BankCardOcrTestingModule, imports: [provideSandbox, ocr], exports: [provideSandbox, ocr] };
  }
}

@Global()
@Module({})
class SandboxModule implements OnApplicationShutdown {
  constructor(@Inject(KycSandbox) private readonly sandbox: KycSandbox) {}

  async onApplicationShutdown(): Promise<void> {
    await this.sandbox.stop();
  }
}

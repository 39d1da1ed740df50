import { createHash } from 'node:crypto';
import { type DynamicModule, Global, Inject, Module, type OnApplicationShutdown, type Type } from '@nestjs/common';
import { BankCardOcrModule } from '../nest/bankcard-ocr.module.js';
import { tokenNamed } from '../nest/bankcard-ocr.tokens.js';
import type { AccountOptions } from '../account/client-factory.js';
import type { BankCardOcrOptions } from '../options/bankcard-ocr.options.js';
import { whatIsSet } from '../options/option-values.js';
import { checkAccountName } from '../account/account-name.js';
import { KycSandbox } from './kyc-sandbox.js';
import type { KycSandboxOptions } from './kyc-sandbox.options.js';

interface BankCardOcrTestingOptions {
  /** The account whose place it takes. @default none, the one without a name */
  readonly name?: string | undefined;
  /** How the sandbox behaves. Its clock is also the module's, and its app id is made from the name where there is one. */
  readonly sandbox?: KycSandboxOptions | undefined;
  /** Options of `BankCardOcrModule` beside those that lead to the sandbox. */
  readonly module?: AccountOptions | undefined;
}

/**
 * The token by which the sandbox is injected: the class `KycSandbox`, if the account has no `name`.
 * @throws a `BankCardOcrConfigurationError` when that cannot be a name
 */
export function getSandboxInjectionToken(name?: string): Type<KycSandbox> {
  if (name !== undefined) checkAccountName(name);
  return tokenNamed(KycSandbox, name) as Type<KycSandbox>;
}

/**
 * Takes the place of `BankCardOcrModule` in a test: the same services, global, on a sandbox of their own, which can be
 * injected as `KycSandbox` and ends with the application.
 * @example
 * const app = await Test.createTestingModule({ imports: [BankCardOcrTestingModule.forRoot(), MyModule] }).compile();
 * app.get(KycSandbox).addOrder({ orderNo: 'order1' });
 */
@Module({})
export class BankCardOcrTestingModule {
  static forRoot({ name, sandbox, module }: BankCardOcrTestingOptions = {}): DynamicModule {
    const token = getSandboxInjectionToken(name);
    const appId = name === undefined ? undefined : appIdFor(name);
    const provideSandbox: DynamicModule = {
      module: SandboxModule,
      providers: [
        { provide: STARTED, useFactory: () => KycSandbox.start({ appId, keepsProcessAlive: false, ...sandbox }) },
        // `app.get(KycSandbox)` looks into all modules: it must not find the sandbox of an account with a name.
        { provide: token, useExisting: STARTED },
      ],
      exports: [token],
    };
    const ocr = BankCardOcrModule.forRootAsync({
      name,
      isGlobal: true,
      imports: [provideSandbox],
      inject: [token],
      useFactory: ({ appId, secret, url: baseUrl }: KycSandbox): BankCardOcrOptions => {
        const toSandbox = { appId, secret, baseUrl, ticketStore: 'memory:', clock: sandbox?.clock };
        return { ...toSandbox, ...whatIsSet(module ?? {}) };
      },
    });
    return { module: BankCardOcrTestingModule, imports: [provideSandbox, ocr], exports: [provideSandbox, ocr] };
  }
}

const STARTED = Symbol('the sandbox of this module');

@Global()
@Module({})
class SandboxModule implements OnApplicationShutdown {
  constructor(@Inject(STARTED) private readonly sandbox: KycSandbox) {}

  async onApplicationShutdown(): Promise<void> {
    await this.sandbox.stop();
  }
}

function appIdFor(name: string): string {
  return `IDA${createHash('sha256').update(name).digest('hex').slice(0, 5).toUpperCase()}`;
}

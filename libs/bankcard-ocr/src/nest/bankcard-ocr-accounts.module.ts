import { ConfigurableModuleBuilder, Inject, Module, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { BankCardOcrClientFactory, type ClientFactoryOptions, concealDefaults } from '../account/client-factory.js';
import { concealProvided } from './bankcard-ocr.module-definition.js';
import { maskAppId } from '../errors/redaction.js';
import { nestLog } from './nest-logger.js';
import { registerAccount } from '../account/account-registry.js';
import { StartupCheck } from './startup-check.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<ClientFactoryOptions>({
  optionsInjectionToken: Symbol.for('nestjs-bankcard-ocr/accounts-options'),
})
  .setClassMethodName('forRoot')
  .setExtras<{
    /** Whether the factory can be injected everywhere without importing the module. @default false */
    readonly isGlobal?: boolean | undefined;
  }>({ isGlobal: false }, (definition, { isGlobal }) => ({
    ...definition,
    providers: definition.providers?.map(concealing),
    global: isGlobal,
  }))
  .build();

/** The container keeps what this provider gives for as long as it lives, and is printed with whatever refers to it. */
function concealing(provider: Provider): Provider {
  if (typeof provider === 'function' || provider.provide !== MODULE_OPTIONS_TOKEN) return provider;
  return concealProvided<ClientFactoryOptions>(provider, concealDefaults);
}

/**
 * Accounts (app ids) that are known only at run time: gives a {@link BankCardOcrClientFactory}, whose clients end with the
 * application. Accounts that are known at the start are registered by name with `BankCardOcrModule`.
 */
@Module({
  providers: [
    StartupCheck,
    {
      provide: BankCardOcrClientFactory,
      inject: [MODULE_OPTIONS_TOKEN, ModulesContainer],
      useFactory: (options: ClientFactoryOptions, application: ModulesContainer) =>
        new BankCardOcrClientFactory(options, {
          // The app id is masked, and the account's id stays out of the log: whose it is, only the application knows.
          clientSurroundings: (accountId, appId) => ({ ...nestLog(maskAppId(appId)), name: accountId }),
          register: (resolved) => registerAccount(application, resolved),
        }),
    },
  ],
  exports: [BankCardOcrClientFactory],
})
export class BankCardOcrAccountsModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  constructor(@Inject(BankCardOcrClientFactory) private readonly factory: BankCardOcrClientFactory) {
    super();
  }

  /** The server has drained by now. */
  async onApplicationShutdown(): Promise<void> {
    await this.factory.close();
  }
}

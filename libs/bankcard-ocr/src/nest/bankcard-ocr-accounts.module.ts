import { ConfigurableModuleBuilder, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { BankCardOcrClientFactory, type ClientFactoryOptions, concealDefaults } from '../account/client-factory.js';
import { ACCOUNTS_OPTIONS, type BankCardOcrModuleExtras, concealing, StartupCheck } from './bankcard-ocr.module.js';
import { maskAppId } from '../errors/redaction.js';
import { nestLog } from './nest-logger.js';
import { OTHER } from '../telemetry/closed-values.js';
import { registerAccount } from '../account/account-registry.js';

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<ClientFactoryOptions>({
  optionsInjectionToken: ACCOUNTS_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setExtras<Pick<BankCardOcrModuleExtras, 'isGlobal'>>({ isGlobal: false }, (definition, { isGlobal }) => ({
    ...definition,
    providers: concealing<ClientFactoryOptions>(definition.providers, ACCOUNTS_OPTIONS, concealDefaults),
    global: isGlobal,
  }))
  .build();

/** Accounts (app ids) known only at run time: provides a {@link BankCardOcrClientFactory}. */
@Module({
  providers: [
    StartupCheck,
    {
      provide: BankCardOcrClientFactory,
      inject: [ACCOUNTS_OPTIONS, ModulesContainer],
      useFactory: (options: ClientFactoryOptions, application: ModulesContainer) =>
        new BankCardOcrClientFactory(options, {
          // The account's id, which only the application knows, stays out of logs, spans and metrics.
          clientSurroundings: (_accountId, appId) => ({ ...nestLog(maskAppId(appId)), name: OTHER }),
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

import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { checkAccountName, type AccountName } from '../account/account-name.js';
import { registerAccount } from '../account/account-registry.js';
import type { Token } from '../account/create-client.js';
import { ACCOUNT_PARTS, AccountContext, BANKCARD_OCR_SERVICES, BankCardOcrClient } from '../account/create-client.js';
import { VendorConnections } from '../account/vendor-connections.js';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../errors/configuration-error.js';
import type { BankCardOcrOptions } from '../options/bankcard-ocr.options.js';
import { concealSecrets } from '../options/concealed-options.js';
import { overlookedVariables } from '../options/options-from-env.js';
import { resolveOptions } from '../options/resolve-options.js';
import { tokenNamed } from './bankcard-ocr.tokens.js';
import { nestLog } from './nest-logger.js';

/** What a class given to `forRootAsync({ useClass })` or `useExisting` must be able to do. */
export interface BankCardOcrOptionsFactory {
  createBankCardOcrOptions(): Promise<BankCardOcrOptions> | BankCardOcrOptions;
}

export interface BankCardOcrModuleExtras {
  /** Whether what it provides can be injected everywhere without importing the module. @default false */
  readonly isGlobal?: boolean | undefined;
  /**
   * One of several accounts: its services are injected with `@InjectBankCardOcr(OcrResultService, name)`. A letter and
   * up to 31 letters, digits, `_` or `-`. @default none: the services are injected by their class
   */
  readonly name?: string | undefined;
}

/** The options of `BankCardOcrAccountsModule`. */
export const ACCOUNTS_OPTIONS = Symbol.for('nestjs-bankcard-ocr/accounts-options');

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: BANKCARD_OCR_OPTIONS } =
  new ConfigurableModuleBuilder<BankCardOcrOptions>({
    optionsInjectionToken: Symbol.for('nestjs-bankcard-ocr/options'),
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createBankCardOcrOptions')
    .setExtras<BankCardOcrModuleExtras>({ isGlobal: false, name: undefined }, (definition, { isGlobal, name }) => ({
      ...withServices(definition, name),
      global: isGlobal,
    }))
    .build();

/** A registration with a name provides and exports tokens that have it: a class is shared by all registrations. */
function withServices(definition: DynamicModule, name: AccountName): DynamicModule {
  if (name !== undefined) checkAccountName(name);
  const options = concealing<BankCardOcrOptions>(definition.providers, BANKCARD_OCR_OPTIONS, concealSecrets);
  return {
    ...definition,
    providers: [...options, ...accountProviders(name)],
    exports: BANKCARD_OCR_SERVICES.map((service) => tokenNamed(service, name)),
  };
}

/** What only the module itself injects: it has one token, whatever the registration is called. */
const INTERNAL: ReadonlySet<unknown> = new Set([VendorConnections, BankCardOcrClient]);

function accountProviders(name: AccountName): Provider[] {
  const tokenOf = (provide: Token) => (INTERNAL.has(provide) ? provide : tokenNamed(provide, name));
  const context: Provider = {
    provide: AccountContext,
    inject: [BANKCARD_OCR_OPTIONS, ModulesContainer],
    useFactory: (options: BankCardOcrOptions, application: ModulesContainer) => {
      const resolved = resolveOptions(options, name, process.env, overlookedVariables(options, name));
      registerAccount(application, { ...resolved, registration: { name } });
      return new AccountContext(resolved, { ...nestLog(name), name });
    },
  };
  const parts = ACCOUNT_PARTS.map(({ provide, needs, create }): Provider => {
    return { provide: tokenOf(provide), inject: [AccountContext, ...needs.map(tokenOf)], useFactory: create };
  });
  return [context, ...parts];
}

/** Conceal the secrets of provided options: the container keeps them, and is printed with whatever refers to it. */
export function concealing<Options extends object>(
  providers: readonly Provider[] = [],
  token: symbol | string,
  conceal: (options: Options) => Options,
): Provider[] {
  const concealed = (options: unknown) => {
    return typeof options === 'object' && options !== null ? conceal(options as Options) : options;
  };
  return providers.map((provider) => {
    if (typeof provider === 'function' || provider.provide !== token) return provider;
    if ('useValue' in provider) return { ...provider, useValue: concealed(provider.useValue) };
    if (!('useFactory' in provider)) return provider;
    const useFactory = async (...dependencies: unknown[]) => concealed(await provider.useFactory(...dependencies));
    return { ...provider, useFactory };
  });
}

const REQUEST_SCOPED = new Problem(
  'depend on the request: they come from a provider of Scope.REQUEST, a durable one, or REQUEST itself, and credentials ' +
    'would be fetched anew for every request, ending those of the others. Give options that are the same for all ' +
    'requests; for one account for each tenant use BankCardOcrAccountsModule (docs/accounts.md)',
  '依赖于请求：它们来自 Scope.REQUEST 或 durable 的 provider，或 REQUEST 本身，每个请求都会重新获取凭证，使其他请求的凭证作废。' +
    '请提供对所有请求都相同的选项；每个租户一个账号时使用 BankCardOcrAccountsModule（docs/accounts.zh-CN.md）',
);

/** Refuses options that are made for each request: nothing of the module would exist before the first one. */
@Injectable()
export class StartupCheck implements OnModuleInit {
  constructor(@Inject(ModulesContainer) private readonly application: ModulesContainer) {}

  /** By now Nest knows which providers depend on the request. @throws {@link BankCardOcrConfigurationError} */
  onModuleInit(): void {
    for (const { providers } of this.application.values()) {
      for (const token of [BANKCARD_OCR_OPTIONS, ACCOUNTS_OPTIONS]) {
        if (providers.get(token)?.isDependencyTreeStatic() !== false) continue;
        throw new BankCardOcrConfigurationError([configurationIssue('options', REQUEST_SCOPED)]);
      }
    }
  }
}

/** Tencent Cloud / WeBank bank-card OCR: register it once for each app id, with a `name` when there are several. */
// What else it provides and exports depends on the name of the registration: the module definition says it.
@Module({ providers: [StartupCheck] })
export class BankCardOcrModule
  extends ConfigurableModuleClass
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  constructor(@Inject(BankCardOcrClient) private readonly client: BankCardOcrClient) {
    super();
  }

  /** The first refresh begins here; startup neither waits for Tencent nor fails because of it. */
  onApplicationBootstrap(): void {
    this.client.start();
  }

  /** The server has drained by now: no request needs credentials or connections any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}

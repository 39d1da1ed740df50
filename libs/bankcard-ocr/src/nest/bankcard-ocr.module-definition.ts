import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  type FactoryProvider,
  type Provider,
  type ValueProvider,
} from '@nestjs/common';
import { checkAccountName, type AccountName } from '../account/account-name.js';
import type { BankCardOcrOptions } from '../options/bankcard-ocr.options.js';
import { concealSecrets } from '../options/concealed-options.js';
import { accountProviders } from './bankcard-ocr.providers.js';
import { BANKCARD_OCR_SERVICES, tokenNamed } from './bankcard-ocr.tokens.js';

/** What a class given to `forRootAsync({ useClass })` or `useExisting` must be able to do. */
export interface BankCardOcrOptionsFactory {
  createBankCardOcrOptions(): Promise<BankCardOcrOptions> | BankCardOcrOptions;
}

/** What is known when the module is registered: Nest cannot take these from a factory. */
interface BankCardOcrModuleExtras {
  /** Whether the services can be injected everywhere without importing the module. @default false */
  readonly isGlobal?: boolean | undefined;
  /**
   * Registers one of several accounts (app ids): its services are injected with `@InjectBankCardOcr(OcrResultService,
   * name)`. A letter and up to 31 letters, digits, `_` or `-`.
   * @default none: the services are injected by their class
   */
  readonly name?: string | undefined;
}

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: BANKCARD_OCR_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<BankCardOcrOptions>({
  optionsInjectionToken: Symbol.for('nestjs-bankcard-ocr/options'),
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createBankCardOcrOptions')
  .setExtras<BankCardOcrModuleExtras>({ isGlobal: false, name: undefined }, (definition, { isGlobal, name }) => ({
    ...withServices(definition, name),
    global: isGlobal,
  }))
  .build();

/** A registration with a name provides and exports tokens that have it: a class would be everybody's. */
function withServices(definition: DynamicModule, name: AccountName): DynamicModule {
  if (name !== undefined) checkAccountName(name);
  return {
    ...definition,
    providers: [...(definition.providers ?? []).map(concealing), ...accountProviders(BANKCARD_OCR_OPTIONS, name)],
    exports: BANKCARD_OCR_SERVICES.map((service) => tokenNamed(service, name)),
  };
}

/** The container keeps what this provider gives for as long as it lives, and is printed with whatever refers to it. */
function concealing(provider: Provider): Provider {
  if (typeof provider === 'function' || provider.provide !== BANKCARD_OCR_OPTIONS) return provider;
  return concealProvided<BankCardOcrOptions>(provider, concealSecrets);
}

/**
 * Have a provider of options give them with their secrets concealed, whether it has them or makes them.
 *
 * @param conceal is not asked about options that are none: judging them is for those who use them
 */
export function concealProvided<Options extends object>(
  provider: Exclude<Provider, (...args: never[]) => unknown>,
  conceal: (options: Options) => Options,
): Provider {
  const concealed = (options: unknown) => {
    return typeof options === 'object' && options !== null ? conceal(options as Options) : options;
  };
  if ('useValue' in provider) return { ...provider, useValue: concealed(provider.useValue) } satisfies ValueProvider;
  if (!('useFactory' in provider)) return provider;
  const useFactory = async (...dependencies: unknown[]) => concealed(await provider.useFactory(...dependencies));
  return { ...provider, useFactory } satisfies FactoryProvider;
}

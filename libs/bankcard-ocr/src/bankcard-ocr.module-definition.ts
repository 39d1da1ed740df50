import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { BankCardOcrOptions } from './options/bankcard-ocr.options.js';

/** What a class given to `forRootAsync({ useClass })` or `useExisting` must be able to do. */
export interface BankCardOcrOptionsFactory {
  createBankCardOcrOptions(): Promise<BankCardOcrOptions> | BankCardOcrOptions;
}

/** Whether the services can be injected everywhere without importing the module. */
export interface BankCardOcrModuleExtras {
  /** @default false */
  readonly isGlobal?: boolean;
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
  .setExtras<BankCardOcrModuleExtras>({ isGlobal: false }, (definition, { isGlobal }) => ({
    ...definition,
    global: isGlobal,
  }))
  .build();

import { type InjectionToken, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../errors/configuration-error.js';

const OPTIONS_TOKENS: readonly InjectionToken[] = [
  Symbol.for('nestjs-bankcard-ocr/options'),
  Symbol.for('nestjs-bankcard-ocr/accounts-options'),
];

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
      for (const token of OPTIONS_TOKENS) {
        if (providers.get(token)?.isDependencyTreeStatic() !== false) continue;
        throw new BankCardOcrConfigurationError([configurationIssue('options', REQUEST_SCOPED)]);
      }
    }
  }
}

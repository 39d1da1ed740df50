import type { FactoryProvider, Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { AccountName } from '../account/account-name.js';
import { registerAccount } from '../account/account-registry.js';
import { ACCOUNT_PARTS, AccountContext, BankCardOcrClient, type Token } from '../account/create-client.js';
import { VendorConnections } from '../account/vendor-connections.js';
import type { BankCardOcrOptions } from '../options/bankcard-ocr.options.js';
import { resolveAccount } from '../options/resolve-options.js';
import { tokenNamed } from './bankcard-ocr.tokens.js';
import { nestLog } from './nest-logger.js';

/** What only the module itself injects: it has one token, whatever the registration is called. */
const INTERNAL: ReadonlySet<unknown> = new Set([VendorConnections, BankCardOcrClient]);

/** The providers of a registration: everything that an account is made of, each under a token that has the name. */
export function accountProviders(optionsToken: symbol | string, name: AccountName): Provider[] {
  const tokenOf = (provide: Token) => (INTERNAL.has(provide) ? provide : tokenNamed(provide, name));
  const context: FactoryProvider = {
    provide: AccountContext,
    inject: [optionsToken, ModulesContainer],
    useFactory: (options: BankCardOcrOptions, application: ModulesContainer) => {
      const resolved = resolveAccount(options, name);
      registerAccount(application, { ...resolved, registration: { name } });
      return new AccountContext(resolved, { ...nestLog(name), name });
    },
  };
  const parts = ACCOUNT_PARTS.map(({ provide, needs, create }): FactoryProvider => {
    return { provide: tokenOf(provide), inject: [AccountContext, ...needs.map(tokenOf)], useFactory: create };
  });
  return [context, ...parts];
}

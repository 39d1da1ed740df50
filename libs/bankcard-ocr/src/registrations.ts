import type { ModulesContainer } from '@nestjs/core';
import { TicketStore } from './credentials/store/ticket-store.js';
import { BankCardOcrConfigurationError, type ConfigurationFault } from './errors/configuration-error.js';
import { maskAppId } from './errors/redaction.js';
import type { RegistrationName } from './registration-name.js';

/** One account of an application. */
export interface RegisteredAccount {
  readonly appId: string;
  readonly ticketStore: unknown;
  /** The registration of the module that it is; undefined for a client of a factory, which nobody injects. */
  readonly registration?: { readonly name: RegistrationName };
}

/** By application, because one process may run several (tests do). */
const ACCOUNTS = new WeakMap<ModulesContainer, Set<RegisteredAccount>>();

/**
 * Refuse an account that would get in the way of another one of the application: two refreshers for one app id end each
 * other's tickets, and services without a name of their own cannot be told apart.
 *
 * @returns what ends the account, so that another one may have its app id
 * @throws {@link BankCardOcrConfigurationError}
 */
export function registerAccount(application: ModulesContainer, account: RegisteredAccount): () => void {
  const accounts = ACCOUNTS.get(application) ?? new Set();
  ACCOUNTS.set(application, accounts);
  for (const other of accounts) {
    const fault = conflict(account, other);
    if (fault) throw new BankCardOcrConfigurationError([fault]);
  }
  accounts.add(account);
  return () => void accounts.delete(account);
}

function conflict(account: RegisteredAccount, other: RegisteredAccount): ConfigurationFault | undefined {
  const { registration, appId, ticketStore } = account;
  if (appId === other.appId && registration && other.registration) {
    const fix =
      `BankCardOcrModule is registered twice for app id ${maskAppId(appId)}, as ${titled(other)} and as ` +
      `${titled(account)}, and the two would end each other's tickets. Call forRoot() or forRootAsync() once, in the ` +
      'root module, with isGlobal: true; or keep what the call returns in a constant and import that constant ' +
      'wherever it is needed';
    return { option: 'appId', fix };
  }
  if (appId === other.appId) {
    const fix = `is that of another account (${titled(other)}), and the two would end each other's tickets: use one for both`;
    return { option: 'appId', fix };
  }
  if (registration && registration.name === other.registration?.name) {
    const { name } = registration;
    const fix =
      name === undefined
        ? 'is missing: BankCardOcrModule is registered for several app ids, and only one registration can do without ' +
          "a name. Give the others one, forRootAsync({ name: 'loans', ... }), and inject their services with " +
          "@InjectBankCardOcr(OcrResultService, 'loans')"
        : `is '${name}' for two app ids: give each registration a name of its own, and use it in @InjectBankCardOcr() too`;
    return { option: 'name', fix };
  }
  if (ticketStore instanceof TicketStore && ticketStore === other.ticketStore) {
    const fix = `is one object for ${titled(other)} and ${titled(account)}: a store holds the credentials of one app id, make one for each`;
    return { option: 'ticketStore', fix };
  }
  return undefined;
}

function titled({ registration }: RegisteredAccount): string {
  if (!registration) return 'a client of BankCardOcrClientFactory';
  const { name } = registration;
  return name === undefined ? 'the one without a name' : `'${name}'`;
}

import { configurationFault, type ConfigurationFault } from '../errors/configuration-error.js';
import { got, Problem } from '../errors/problem.js';
import { numberFromText } from '../options/number-options.js';
import { isUnset } from '../options/unset.js';
import type { BankCardOcrOptions } from '../options/bankcard-ocr.options.js';
import { concealSecrets } from '../options/concealed-options.js';

/** Options of one account; what it leaves open is for {@link ClientFactoryOptions.defaults} to say. */
export type AccountOptions = {
  readonly [Option in keyof BankCardOcrOptions]?: BankCardOcrOptions[Option] | undefined;
};

/** Options of {@link BankCardOcrClientFactory}. */
export interface ClientFactoryOptions {
  /**
   * Tell the options of an account, from a database or a vault: `appId` and `secret` at least. Asked once for as long as
   * the account's client lives, however many callers want it; a failure is not kept.
   */
  readonly resolve: (accountId: string) => Promise<AccountOptions> | AccountOptions;
  /** Options of every account, unless {@link resolve} says otherwise: `ticketStore` above all. */
  readonly defaults?: Partial<Omit<BankCardOcrOptions, 'appId' | 'secret'>> | undefined;
  /** How many accounts have a client at once; the one that was not asked for the longest is closed. At least 1. @default 100 */
  readonly maxAccounts?: number | undefined;
}

/** What {@link ClientFactoryOptions} say when they say nothing. */
export const CLIENT_FACTORY_DEFAULTS = { maxAccounts: 100 } as const satisfies Partial<ClientFactoryOptions>;

/** How many accounts may have a client, in digits as text too; undefined for what is no such number. */
export function maxAccountsOf(given: unknown): number | undefined {
  const number = isUnset(given) ? CLIENT_FACTORY_DEFAULTS.maxAccounts : numberFromText(given);
  return Number.isSafeInteger(number) && (number as number) >= 1 ? (number as number) : undefined;
}

/** Make a copy of the options of a factory in which every secret is a `SecretText`. */
export function concealDefaults(options: ClientFactoryOptions): ClientFactoryOptions {
  const { resolve, defaults, maxAccounts } = options;
  if (typeof defaults !== 'object' || typeof resolve !== 'function') return options;
  // It may be a method that needs the object it belongs to.
  return { resolve: (accountId) => options.resolve(accountId), defaults: concealSecrets(defaults), maxAccounts };
}

/** What is wrong with the options of a factory; those of accounts are checked when they are known. */
export function faultsInFactoryOptions({ resolve, maxAccounts }: ClientFactoryOptions): ConfigurationFault[] {
  const faults: ConfigurationFault[] = [];
  if (typeof resolve !== 'function') {
    const problem = new Problem(
      'must be a function that gives appId and secret of an account id',
      '必须是函数，由账号 id 给出 appId 和 secret',
    );
    faults.push(configurationFault('resolve', problem));
  }
  if (maxAccountsOf(maxAccounts) === undefined) {
    const is = got(maxAccounts);
    const problem = new Problem(`must be a whole number, at least 1; ${is.en}`, `必须是不小于 1 的整数；${is.zh}`);
    faults.push(configurationFault('maxAccounts', problem));
  }
  return faults;
}

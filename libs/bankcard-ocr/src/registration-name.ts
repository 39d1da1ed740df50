import { BankCardOcrConfigurationError } from './errors/configuration-error.js';

/** What the registration of one account is called; undefined for the only one of most applications. */
export type RegistrationName = string | undefined;

/** It becomes part of environment variables, log lines and the labels of metrics. */
const NAME = /^[a-z][a-z0-9_-]{0,31}$/i;

/**
 * Refuse a name that cannot be one.
 *
 * @throws {@link BankCardOcrConfigurationError}
 */
export function checkRegistrationName(name: unknown): asserts name is string {
  if (typeof name === 'string' && NAME.test(name)) return;
  const fix =
    'must be a letter and up to 31 more letters, digits, _ or -, e.g. loans. It must be known when the module is ' +
    'registered: write it beside useFactory';
  throw new BankCardOcrConfigurationError([{ option: 'name', fix }]);
}

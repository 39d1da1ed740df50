import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../errors/configuration-error.js';

/** What the registration of one account is called; undefined for the only one of most applications. */
export type AccountName = string | undefined;

/** It becomes part of environment variables, log lines and the labels of metrics. */
const NAME = /^[a-z][a-z0-9_-]{0,31}$/i;

export function checkAccountName(name: unknown): asserts name is string {
  if (typeof name === 'string' && NAME.test(name)) return;
  const problem = new Problem(
    'must be a letter and up to 31 more letters, digits, _ or -, e.g. loans. It must be known when the module is ' +
      'registered: write it beside useFactory',
    '必须以字母开头，最多再跟 31 个字母、数字、_ 或 -，例如 loans；注册模块时就要确定，请写在 useFactory 旁边',
  );
  throw new BankCardOcrConfigurationError([configurationIssue('name', problem)]);
}

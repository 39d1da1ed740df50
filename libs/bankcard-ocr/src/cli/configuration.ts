import { parseEnv } from 'node:util';
import { checkAccountName } from '../account/account-name.js';
import { BankCardOcrConfigurationError, type ConfigurationIssue } from '../errors/configuration-error.js';
import { bankCardOcrOptionsFromEnv } from '../options/options-from-env.js';
import { type ResolvedOptions, resolveOptions } from '../options/resolve-options.js';
import { type ConfigurationChoice, refusal } from './arguments.js';
import { INPUT_LIMITS, readTextFile } from './input.js';

export type Configuration =
  | { readonly options: ResolvedOptions }
  | { readonly options: undefined; readonly faults: readonly ConfigurationIssue[] };

export async function prepareEnvironment({ name, env }: ConfigurationChoice): Promise<void> {
  try {
    if (name !== undefined) checkAccountName(name);
  } catch {
    throw refusal(
      '--name must be a letter and up to 31 more letters, digits, _ or -',
      '--name 必须以字母开头，最多再跟 31 个字母、数字、_ 或 -',
    );
  }
  if (env === undefined) return;
  const variables = parseEnv(await readTextFile('--env', env, INPUT_LIMITS.envFileBytes));
  // As Node.js does with --env-file: what is set already stays.
  for (const [variable, value] of Object.entries(variables)) process.env[variable] ??= value;
}

export function readConfiguration(name: string | undefined): Configuration {
  try {
    return { options: resolveOptions(bankCardOcrOptionsFromEnv(process.env, name), name) };
  } catch (error) {
    if (!(error instanceof BankCardOcrConfigurationError)) throw error;
    return { options: undefined, faults: error.issues };
  }
}

import { parseEnv } from 'node:util';
import { BankCardOcrConfigurationError, type ConfigurationIssue } from '../errors/configuration-error.js';
import { bankCardOcrOptionsFromEnv } from '../options/options-from-env.js';
import { type ResolvedOptions, resolveOptions } from '../options/resolve-options.js';
import { checkAccountName } from '../account/account-name.js';
import type { ConfigurationChoice } from './arguments.js';
import { INPUT_LIMITS, InputRefused, readTextFile } from './limited-input.js';
import { type Text, text } from './text.js';

/** The options of the environment, or all that is wrong with them. */
export type Configuration =
  | { readonly options: ResolvedOptions }
  | { readonly options: undefined; readonly faults: readonly ConfigurationIssue[] };

/**
 * Bring the variables of a file into the environment, where they are not set already.
 *
 * @returns what is wrong with the choice; undefined when nothing is
 */
export function prepareEnvironment({ name, envFile }: ConfigurationChoice): Text | undefined {
  try {
    if (name !== undefined) checkAccountName(name);
  } catch {
    return text(
      '--name must be a letter and up to 31 more letters, digits, _ or -',
      '--name 必须以字母开头，最多再跟 31 个字母、数字、_ 或 -',
    );
  }
  if (envFile === undefined) return undefined;
  try {
    const variables = parseEnv(readTextFile('--env', envFile, INPUT_LIMITS.envFileBytes));
    // As Node.js does with --env-file: what is set already stays.
    for (const [variable, value] of Object.entries(variables)) process.env[variable] ??= value;
    return undefined;
  } catch (error) {
    if (!(error instanceof InputRefused)) throw error;
    return error.why;
  }
}

/** Read the options as an application does that takes them from the environment. */
export function readConfiguration(name: string | undefined): Configuration {
  try {
    return { options: resolveOptions(bankCardOcrOptionsFromEnv(process.env, name), name) };
  } catch (error) {
    if (!(error instanceof BankCardOcrConfigurationError)) throw error;
    return { options: undefined, faults: error.faults };
  }
}

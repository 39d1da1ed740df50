import { BankCardOcrConfigurationError } from '../errors/configuration-error.js';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';
import { overlookedVariables } from './options-from-env.js';
import { type ResolvedOptions, resolveOptions } from './resolve-options.js';

/**
 * Check and complete the options of a registration of the module, and see whether the environment says something that
 * has not become an option.
 *
 * @throws {@link BankCardOcrConfigurationError} as {@link resolveOptions} does
 */
export function resolveAccount(
  given: BankCardOcrOptions,
  name?: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  directory: string = process.cwd(),
): ResolvedOptions {
  const { lost, warnings } = overlookedVariables(given, environment, directory, name);
  try {
    const resolved = resolveOptions(given, name, environment);
    return { ...resolved, warnings: [...resolved.warnings, ...warnings] };
  } catch (error) {
    if (!(error instanceof BankCardOcrConfigurationError) || lost.length === 0) throw error;
    throw error.withNotes(lost);
  }
}

import { DEFAULTS } from '../../libs/bankcard-ocr/src/options/defaults.js';
import { OPTION_VARIABLES } from '../../libs/bankcard-ocr/src/options/options-from-env.js';

type Plain = string | number | boolean;

/** What an option may have as its default. */
export type OptionValue = Plain | readonly Plain[] | Readonly<Record<string, Plain>>;

/** The defaults and the variables that the library goes by; comments only tell them. */
export const VALUES: Readonly<Record<string, OptionValue | undefined>> = DEFAULTS;
export const VARIABLES: Readonly<Record<string, string | undefined>> = OPTION_VARIABLES;

/** Whether a default is a list. */
export function isList(value: OptionValue | undefined): value is readonly Plain[] {
  return Array.isArray(value);
}

/** A default as a comment writes it; undefined for one that has members, which have comments of their own. */
export function literalOf(value: OptionValue | undefined): string | undefined {
  if (isList(value)) return `[${value.map(literalOf).join(', ')}]`;
  if (typeof value === 'object' || value === undefined) return undefined;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

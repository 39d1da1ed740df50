import { DEFAULTS, OPTION_ROWS, OPTION_VARIABLES } from '../../libs/bankcard-ocr/src/options/option-table.js';

import { type ChineseOption, CHINESE_OPTIONS } from './option-texts.zh.js';

type Plain = string | number | boolean;

/** What an option may have as its default. */
export type OptionValue = Plain | readonly Plain[] | Readonly<Record<string, Plain>>;

/** The defaults and the variables that the library goes by; comments only tell them. */
export const VALUES: Readonly<Record<string, OptionValue | undefined>> = DEFAULTS;
export const VARIABLES: Readonly<Record<string, string | undefined>> = OPTION_VARIABLES;

/** What checks an option: the rule of a number, or its choices. */
export function ruleOf(name: string): Pick<(typeof OPTION_ROWS)[number][1], 'number' | 'choices'> {
  return OPTION_ROWS.find(([option]) => option === name)?.[1] ?? {};
}

/** Its texts in Chinese. */
export function chineseOf(name: string): ChineseOption | undefined {
  return (CHINESE_OPTIONS as Readonly<Record<string, ChineseOption>>)[name];
}

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

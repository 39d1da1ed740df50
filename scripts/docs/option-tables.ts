import type { NumberRule } from '../../libs/bankcard-ocr/src/options/option-values.js';
import type { GeneratedParts } from './generated-parts.js';
import { asMarkdown } from './doc-comment.js';
import { code, markdownTable } from './markdown-table.js';
import { type OptionDeclaration, readOptionGroups } from './option-declarations.js';
import { chineseOf, isList, ruleOf, VALUES, VARIABLES } from './option-facts.js';
import { faultsInOption } from './option-faults.js';
import type { InBoth, PageLanguage } from './page-language.js';

const HEAD = {
  en: ['option, variable', 'value', 'default', 'meaning'],
  zh: ['配置项、环境变量', '取值', '默认值', '说明'],
} as const;
const REQUIRED: InBoth = { en: 'required', zh: '必填' };
/** Of types that are no texts themselves. */
const TYPE_WORDS: Readonly<Record<string, InBoth>> = {
  string: { en: 'text', zh: '文本' },
  function: { en: 'a function', zh: '函数' },
};
const UNITS: Readonly<Record<NumberRule['unit'], InBoth>> = {
  milliseconds: { en: 'number', zh: '毫秒数' },
  'whole number': { en: 'integer', zh: '整数' },
  bytes: { en: 'integer', zh: '整数' },
};

/**
 * One table for each interface that the options are made of, called by its name.
 *
 * @throws when a comment does not say what the code does
 */
export function optionTables(root: string, language: PageLanguage): GeneratedParts {
  const groups = readOptionGroups(root);
  const faults = groups.flatMap(({ options }) => options.flatMap((option) => faultsInOption(option)));
  if (faults.length > 0) throw new Error(`the comments of options are wrong:\n${faults.join('\n')}`);
  return new Map(
    groups.map(({ name, options }) => {
      const rows = options.map((option) => rowOf(option, language));
      return [name, markdownTable(HEAD[language], rows)];
    }),
  );
}

function rowOf(option: OptionDeclaration, language: PageLanguage): string[] {
  const { name, comment } = option;
  const names = [name, VARIABLES[name]].filter((text) => text !== undefined).map(code);
  const text = asMarkdown(language === 'en' ? comment.text : (chineseOf(name)?.text ?? ''));
  return [names.join(' '), valueOf(option, language), defaultOf(option, language), text];
}

/** What it may be: by the rule that checks it, else by its type. */
function valueOf({ name, types }: OptionDeclaration, language: PageLanguage): string {
  const { number, choices } = ruleOf(name);
  if (number) return `${UNITS[number.unit][language]} ${number.zeroAllowed ? '≥' : '>'} 0`;
  const values =
    choices?.map((value) => code(String(value))) ??
    types.map((type) => TYPE_WORDS[type]?.[language] ?? code(type.replace(/^'(.*)'$/, '$1')));
  return listed(values, language);
}

function defaultOf({ name, required, comment }: OptionDeclaration, language: PageLanguage): string {
  if (required) return REQUIRED[language];
  const value = VALUES[name];
  if (isList(value)) return listed(value.map(String).map(code), language);
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([key, one]) => `${code(key)} ${code(String(one))}`)
      .join(' ');
  }
  if (value !== undefined) return code(String(value));
  return asMarkdown((language === 'en' ? comment.tags.get('default') : chineseOf(name)?.default) ?? '');
}

function listed(values: readonly string[], language: PageLanguage): string {
  return values.join(language === 'en' ? ', ' : '、');
}

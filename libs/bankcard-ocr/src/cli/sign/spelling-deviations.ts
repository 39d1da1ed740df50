import { type Text, text } from '../text.js';
import type { Deviation } from './deviation.js';
import type { ValueName } from './signature-recipe.js';
import type { SigningRule } from './signing-rule.js';
import { PARAMETER_NAMES, VALUE_TEXTS } from './signing-values.js';
import { replaced } from './value-deviations.js';

type Spelling = readonly [rule: SigningRule, how: Text, spell: (value: string) => string];

const SPELLINGS: readonly Spelling[] = [
  ['white-space', text('has a line end behind it', '末尾多了换行'), (value) => `${value}\n`],
  ['white-space', text('has a line end (CR LF) behind it', '末尾多了换行（CR LF）'), (value) => `${value}\r\n`],
  ['white-space', text('has a blank behind it', '末尾多了空格'), (value) => `${value} `],
  ['white-space', text('has a blank in front of it', '开头多了空格'), (value) => ` ${value}`],
  ['white-space', text('lost its white space', '去掉了空白'), (value) => value.trim()],
  ['charset', text('has a byte order mark in front of it', '开头多了 BOM'), (value) => `\uFEFF${value}`],
  ['encoding', text('is URL-encoded', '做了 URL 编码'), encodeURIComponent],
  [
    'encoding',
    text('is URL-encoded twice', '做了两次 URL 编码'),
    (value) => encodeURIComponent(encodeURIComponent(value)),
  ],
  ['encoding', text('is URL-decoded', '做了 URL 解码'), decoded],
  ['encoding', text('has quotation marks around it', '带了双引号'), (value) => `"${value}"`],
  ['encoding', text('is encoded in Base64', '做了 Base64 编码'), (value) => Buffer.from(value).toString('base64')],
  ['letter-case-of-a-value', text('is in upper case', '变成了大写'), (value) => value.toUpperCase()],
  ['letter-case-of-a-value', text('is in lower case', '变成了小写'), (value) => value.toLowerCase()],
  ['encoding', text('lost its hyphens', '去掉了短横线'), (value) => value.replaceAll('-', '')],
];

const CAMEL_CASE = { ...PARAMETER_NAMES, appId: 'appId', orderNo: 'orderNo', userId: 'userId' };

/** How others call the values in what they sign. */
const NAMES: readonly Readonly<Record<ValueName, string>>[] = [
  PARAMETER_NAMES,
  { ...CAMEL_CASE, getFile: 'getFile' },
  { ...PARAMETER_NAMES, ticket: 'api_ticket' },
  { ...CAMEL_CASE, appId: 'webankAppId' },
];

const EACH_VALUE = text('every value', '每个值');

/** Other spellings of one value, or of all. */
export function spellingDeviations(names: readonly ValueName[]): Deviation[] {
  return [
    ...names.flatMap((name) => SPELLINGS.map((spelling) => spelled(spelling, [name], VALUE_TEXTS[name]))),
    ...SPELLINGS.map((spelling) => spelled(spelling, names, EACH_VALUE)),
    ...NAMES.map(named),
  ];
}

function spelled([rule, how, spell]: Spelling, names: readonly ValueName[], who: Text): Deviation {
  const the = names.length === 1 ? 'the ' : '';
  return {
    kind: 'spelling',
    rule,
    how: text(`${the}${who.en} ${how.en}`, `${who.zh}${how.zh}`),
    apply: (recipe) => names.reduce((changed, name) => replaced(name, spell)(changed), recipe),
  };
}

function named(names: Readonly<Record<ValueName, string>>): Deviation {
  return {
    kind: 'spelling',
    rule: 'names',
    how: text('names are signed with the values', '把参数名也签进去了'),
    apply: (recipe) => ({
      ...recipe,
      values: recipe.values.map(({ name, text: value }) => ({ name, text: `${names[name]}=${value}` })),
    }),
  };
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}

import type { Purpose } from '../arguments.js';
import { text, type Text } from '../text.js';
import {
  byCodeUnit,
  type NamedValue,
  OTHER_DIGESTS,
  type SignatureRecipe,
  type SigningRule,
  type ValueName,
} from './signature-recipe.js';
import {
  listOf,
  PARAMETER_NAMES,
  PURPOSE_TEXTS,
  SIGNED,
  type SigningValues,
  VALUE_TEXTS,
  valueOf,
  valuesFor,
} from './signing-values.js';

const OTHER_VERSIONS = ['1.0.0', '1.0', '1', '1.0.1', '1.1.0', '2.0', '2.0.0', 'v1.0.0'];

/** Other values than those that are signed for a purpose. */
export function valueDeviations(purpose: Purpose, told: SigningValues, ticket: string): Deviation[] {
  return [
    ...otherPurposes(purpose, told, ticket),
    ...missing(purpose),
    ...extra(purpose, told, ticket),
    ...versions(told),
  ];
}

function otherPurposes(purpose: Purpose, told: SigningValues, ticket: string): Deviation[] {
  return (Object.keys(SIGNED) as Purpose[]).flatMap((other): Deviation[] => {
    const values = other === purpose ? undefined : valuesFor(other, told, ticket);
    if (!values) return [];
    const { en, zh } = PURPOSE_TEXTS[other];
    const how = text(`the values of ${en} were signed`, `签的是「${zh}」所用的值`);
    return [{ kind: 'values', rule: 'other-purpose', how, apply: (recipe) => ({ ...recipe, values }) }];
  });
}

function missing(purpose: Purpose): Deviation[] {
  return SIGNED[purpose].map((name) => {
    const { en, zh } = VALUE_TEXTS[name];
    return {
      kind: 'values',
      rule: 'missing-value',
      how: text(`the ${en} is missing`, `缺少${zh}`),
      apply: without(name),
    };
  });
}

function extra(purpose: Purpose, told: SigningValues, ticket: string): Deviation[] {
  const names = (Object.keys(VALUE_TEXTS) as ValueName[]).filter((name) => !SIGNED[purpose].includes(name));
  return names.flatMap((name): Deviation[] => {
    const value = valueOf(name, told, ticket);
    if (value === undefined) return [];
    const { en, zh } = VALUE_TEXTS[name];
    const apply = (recipe: SignatureRecipe) => ({ ...recipe, values: [...recipe.values, { name, text: value }] });
    return [{ kind: 'values', rule: 'extra-value', how: text(`the ${en} is signed too`, `多签了${zh}`), apply }];
  });
}

function versions({ version }: SigningValues): Deviation[] {
  return OTHER_VERSIONS.filter((other) => other !== version).map((other) => {
    return {
      kind: 'values',
      rule: 'version',
      how: text(`version ${other} was signed`, `签的 version 是 ${other}`),
      apply: replaced('version', () => other),
    };
  });
}

function without(left: ValueName): Deviation['apply'] {
  return (recipe) => ({ ...recipe, values: recipe.values.filter(({ name }) => name !== left) });
}

/** Spell one value in another way. */
function replaced(changed: ValueName, spell: (value: string) => string): Deviation['apply'] {
  return (recipe) => ({
    ...recipe,
    values: recipe.values.map((value) => (value.name === changed ? { ...value, text: spell(value.text) } : value)),
  });
}

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

type Arrange = SignatureRecipe['arrange'];

/** Ways to sort that have a name. */
const SORTINGS: readonly (readonly [en: string, zh: string, arrange: Arrange])[] = [
  ['by a locale', '按语言习惯（locale）排序', sortedBy((a, b) => a.text.localeCompare(b.text, 'en'))],
  [
    'without regard to letter case',
    '忽略大小写排序',
    sortedBy((a, b) => compare(a.text.toLowerCase(), b.text.toLowerCase())),
  ],
  ['by parameter name', '按参数名排序', sortedBy((a, b) => compare(PARAMETER_NAMES[a.name], PARAMETER_NAMES[b.name]))],
  ['downwards', '按降序排序', sortedBy((a, b) => byCodeUnit(b, a))],
  ['without the ticket, which was put at the end', '没有把 ticket 排进去，而是接在末尾', ticketLast],
  [
    'without the ticket, which was put in front',
    '没有把 ticket 排进去，而是放在最前',
    (values) => ticketLast(values, true),
  ],
];
/** Of more values there are too many orders to try. */
const MOST_VALUES = 5;

/** Other orders than the sorted one: those that have a name, then every one there is. */
export function orderDeviations(names: readonly ValueName[]): Deviation[] {
  const sortings = SORTINGS.map(([en, zh, arrange]) => deviation(`sorted ${en}`, zh, arrange));
  if (names.length > MOST_VALUES) return sortings;
  const orders = permutations(names).map((order) => {
    const list = listOf(order);
    return deviation(`not sorted, but joined as ${list.en}`, `没有排序，直接按 ${list.zh} 拼接`, (values) => {
      return values.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    });
  });
  return [...sortings, ...orders];
}

function deviation(en: string, zh: string, arrange: Arrange): Deviation {
  return { kind: 'order', rule: 'order', how: text(en, zh), apply: (recipe) => ({ ...recipe, arrange }) };
}

function sortedBy(before: (a: NamedValue, b: NamedValue) => number): Arrange {
  return (values) => values.toSorted(before);
}

function ticketLast(values: readonly NamedValue[], first = false): NamedValue[] {
  const tickets = values.filter(({ name }) => name === 'ticket');
  const others = values.filter(({ name }) => name !== 'ticket').toSorted(byCodeUnit);
  return first ? [...tickets, ...others] : [...others, ...tickets];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length <= 1) return [[...all]];
  return all.flatMap((one, index) => permutations(all.toSpliced(index, 1)).map((rest) => [one, ...rest]));
}

const SEPARATORS = ['&', ',', ' ', '|', '+', '\n', ';', '-', '_'];
const TAILS = ['\n', '\r\n', ' ', '\0'];

/** Something between the values, or behind them. */
export function jointDeviations(): Deviation[] {
  const separated = SEPARATORS.map((separator): Deviation => {
    const shown = JSON.stringify(separator);
    const how = text(`the values are joined with ${shown}`, `各值之间加了 ${shown}`);
    return { kind: 'joint', rule: 'separator', how, apply: (recipe) => ({ ...recipe, separator }) };
  });
  const ended = TAILS.map((tail): Deviation => {
    const shown = JSON.stringify(tail);
    const how = text(`${shown} stands behind the joined values`, `拼接后的末尾多了 ${shown}`);
    return { kind: 'joint', rule: 'line-end', how, apply: (recipe) => ({ ...recipe, tail }) };
  });
  return [...separated, ...ended];
}

/** Something else than SHA-1 over UTF-8. */
export function digestDeviations(): Deviation[] {
  return Object.entries(OTHER_DIGESTS).map(([name, digest]) => {
    const rule = /over/.test(name) ? 'charset' : 'digest';
    const how = text(`the digest is ${name}`, `摘要用的是 ${name}`);
    return { kind: 'digest', rule, how, apply: (recipe) => ({ ...recipe, digest }) };
  });
}

/** What of a recipe a deviation changes: two that change the same are never combined. */
type DeviationKind = 'values' | 'spelling' | 'order' | 'joint' | 'digest';

/** One way to break a rule. */
export interface Deviation {
  readonly kind: DeviationKind;
  readonly rule: SigningRule;
  readonly how: Text;
  readonly apply: (recipe: SignatureRecipe) => SignatureRecipe;
}

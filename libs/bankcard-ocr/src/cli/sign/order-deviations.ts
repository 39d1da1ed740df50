import { text } from '../text.js';
import type { Deviation } from './deviation.js';
import { byCodeUnit, type NamedValue, type SignatureRecipe, type ValueName } from './signature-recipe.js';
import { listOf, PARAMETER_NAMES } from './signing-values.js';

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

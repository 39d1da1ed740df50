import { got, Problem, unusableText } from '../errors/configuration-error.js';

/** Options with their defaults filled in and secrets as text, not checked yet. */
export type UncheckedOptions = Readonly<Record<string, unknown>>;

/** What a numeric option must be. */
export interface NumberRule {
  readonly unit: 'milliseconds' | 'whole number' | 'bytes';
  readonly zeroAllowed?: boolean;
}

const WANTED: Readonly<Record<NumberRule['unit'], Problem>> = {
  milliseconds: new Problem('a number of milliseconds', '毫秒数'),
  bytes: new Problem('a whole number of bytes', '字节数（整数）'),
  'whole number': new Problem('a whole number', '整数'),
};

/** Convert digits to the number that they are: configuration often arrives as text. Anything else stays as it is. */
export function numberFromText(value: unknown): unknown {
  // Number() would also take 0x10 and 1e3.
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
}

/** Convert the texts `true` and `false` to booleans. Anything else stays as it is. */
export function booleanFromText(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*(true|false)\s*$/i.test(value)) return value;
  return value.trim().toLowerCase() === 'true';
}

/** @returns undefined when it is right, else what it must be */
export function checkNumber(value: unknown, { unit, zeroAllowed = false }: NumberRule): Problem | undefined {
  const inRange = typeof value === 'number' && Number.isFinite(value) && (zeroAllowed ? value >= 0 : value > 0);
  if (inRange && (unit === 'milliseconds' || Number.isInteger(value))) return undefined;
  const [wanted, is] = [WANTED[unit], got(value)];
  return new Problem(
    `must be ${wanted.en}, ${zeroAllowed ? '0 or more' : 'more than 0'}, written in digits only; ${is.en}`,
    `必须是${wanted.zh}，${zeroAllowed ? '不小于 0' : '大于 0'}，只用数字书写；${is.zh}`,
  );
}

/** @returns undefined when it is one of them, else what it must be */
export function checkChoice(value: unknown, choices: readonly unknown[]): Problem | undefined {
  if (choices.includes(value)) return undefined;
  const is = got(value);
  const names = choices.map((choice) => (typeof choice === 'string' ? `'${choice}'` : String(choice)));
  const last = names.pop();
  return new Problem(
    `must be ${names.join(', ')} or ${last}; ${is.en}`,
    `必须是 ${names.join('、')} 或 ${last}；${is.zh}`,
  );
}

/** The part of a row for a number, digits as text included. */
export function numeric(rule: NumberRule) {
  const read = (given: unknown) => checkNumber(numberFromText(given), rule) ?? (numberFromText(given) as number);
  return { number: rule, read };
}

/** Let a value be left out. */
export function optional<Value>(read: (value: unknown, options: UncheckedOptions) => Value) {
  return (value: unknown, options: UncheckedOptions) => (value === undefined ? undefined : read(value, options));
}

/** The part of a row for one of a few texts. */
export function oneOf<const Choice extends string>(...choices: readonly Choice[]) {
  return { choices, read: (value: unknown) => checkChoice(value, choices) ?? (value as Choice) };
}

/** The part of a row for `true` and `false`, as text too. */
export function trueOrFalse() {
  const choices: readonly boolean[] = [true, false];
  const read = (given: unknown) => checkChoice(booleanFromText(given), choices) ?? (booleanFromText(given) as boolean);
  return { choices, read };
}

/** A reader of a text of visible ASCII characters; `en` and `zh` say what it must be. */
export function visibleText(en: string, zh: string, longest = Infinity) {
  return (value: unknown): string | Problem => {
    const isVisible = typeof value === 'string' && /^[!-~]+$/.test(value) && value.length <= longest;
    const unusable = typeof value === 'string' ? unusableText(value) : undefined;
    return unusable ?? (isVisible ? value : new Problem(en, zh));
  };
}

/** Whether the percent signs of texts begin escapes. */
export function canBeDecoded(...texts: readonly string[]): boolean {
  try {
    texts.forEach(decodeURIComponent);
    return true;
  } catch {
    return false;
  }
}

/** Whether an option counts as not set: left out, or an empty text, as an empty variable is. */
export function isUnset(value: unknown): value is undefined | '' {
  return value === undefined || (typeof value === 'string' && value.trim() === '');
}

/** The members of an object that are set. */
export function whatIsSet<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => !isUnset(value))) as Partial<Options>;
}

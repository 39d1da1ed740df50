import {
  BankCardOcrConfigurationError,
  configurationIssue,
  got,
  Problem,
  unusableText,
} from '../errors/configuration-error.js';

/** What was read of other options: problems where that has failed. */
export type OptionsBefore = Readonly<Record<string, unknown>>;

const WANTED = {
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
function booleanFromText(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*(true|false)\s*$/i.test(value)) return value;
  return value.trim().toLowerCase() === 'true';
}

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

export type NumberRule = ReturnType<typeof numeric>['number'];

export function numeric(unit: keyof typeof WANTED, zeroAllowed = false, most = Infinity) {
  const read = (given: unknown): number | Problem => {
    const value = numberFromText(given);
    const isNumber = typeof value === 'number' && Number.isFinite(value) && value <= most;
    const isWhole = unit === 'milliseconds' || Number.isInteger(value);
    if (isNumber && isWhole && (zeroAllowed ? value >= 0 : value > 0)) return value;
    const [wanted, is] = [WANTED[unit], got(value)];
    const limit = most === Infinity ? { en: '', zh: '' } : { en: `, at most ${most}`, zh: `，不大于 ${most}` };
    return new Problem(
      `must be ${wanted.en}, ${zeroAllowed ? '0 or more' : 'more than 0'}${limit.en}, written in digits only; ${is.en}`,
      `必须是${wanted.zh}，${zeroAllowed ? '不小于 0' : '大于 0'}${limit.zh}，只用数字书写；${is.zh}`,
    );
  };
  return { number: { unit, zeroAllowed, most }, read };
}

export function optional<Value>(read: (value: unknown, before: OptionsBefore) => Value) {
  return (value: unknown, before: OptionsBefore) => (value === undefined ? undefined : read(value, before));
}

export function oneOf<const Choice>(choices: readonly Choice[], parse = (given: unknown) => given) {
  return { choices, read: (given: unknown) => checkChoice(parse(given), choices) ?? (parse(given) as Choice) };
}

export const TRUE_OR_FALSE = oneOf([true, false], booleanFromText);

export function visibleText(en: string, zh: string, longest = Infinity) {
  return (value: unknown): string | Problem => {
    const isVisible = typeof value === 'string' && /^[!-~]+$/.test(value) && value.length <= longest;
    const unusable = typeof value === 'string' ? unusableText(value) : undefined;
    return unusable ?? (isVisible ? value : new Problem(en, zh));
  };
}

/** Check each member of an object by what is known of its name; another name is misspelled. */
export function checkMembers<Known>(
  members: object,
  known: Readonly<Record<string, Known>>,
  check: (value: unknown, known: Known) => Problem | undefined,
): Problem[] {
  return Object.entries(members).flatMap(([name, value]) => {
    if (!Object.hasOwn(known, name))
      return new Problem(`knows no '${name}': remove it, or spell it right`, `没有 '${name}' 这一项：请去掉或改正拼写`);
    const problem = check(value, known[name]!);
    return problem ? new Problem(`${name} ${problem.en}`, `${name} ${problem.zh}`) : [];
  });
}

/** Whether an option counts as not set: left out, or an empty text, as an empty variable is. */
export function isUnset(value: unknown): value is undefined | '' {
  return value === undefined || (typeof value === 'string' && value.trim() === '');
}

export function whatIsSet<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => !isUnset(value))) as Partial<Options>;
}

/** Digits as text are numbers; what is not set has its default. @throws {@link BankCardOcrConfigurationError} */
export function readNumbers<Name extends string>(
  given: { readonly [N in NoInfer<Name>]?: number | undefined },
  rules: Readonly<Record<Name, { readonly default: number } & ReturnType<typeof numeric>>>,
): Readonly<Record<Name, number>> {
  const names = Object.keys(rules) as Name[];
  const values = names.map((name) => {
    const value = given[name];
    return [name, rules[name].read(isUnset(value) ? rules[name].default : value)] as const;
  });
  const issues = values.flatMap(([name, value]) => (value instanceof Problem ? configurationIssue(name, value) : []));
  if (issues.length > 0) throw new BankCardOcrConfigurationError(issues);
  return Object.fromEntries(values) as Record<Name, number>;
}

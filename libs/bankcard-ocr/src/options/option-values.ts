import { got, Problem } from '../errors/configuration-error.js';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';

/** What a numeric option must be. */
interface NumberRule {
  readonly option: keyof BankCardOcrOptions;
  readonly unit: 'milliseconds' | 'whole number' | 'bytes';
  readonly zeroAllowed?: boolean;
  /** It may be left out, and has no default that is a number. */
  readonly optional?: boolean;
}

/** Every numeric option. */
export const NUMBER_RULES: readonly NumberRule[] = [
  { option: 'refreshIntervalMs', unit: 'milliseconds' },
  { option: 'ticketOverlapMs', unit: 'milliseconds' },
  { option: 'verifyWindowMs', unit: 'milliseconds', zeroAllowed: true, optional: true },
  { option: 'timeoutMs', unit: 'milliseconds' },
  { option: 'attemptTimeoutMs', unit: 'milliseconds' },
  { option: 'connectTimeoutMs', unit: 'milliseconds' },
  { option: 'maxConnectionAgeMs', unit: 'milliseconds' },
  { option: 'waitForPhotosMs', unit: 'milliseconds', zeroAllowed: true },
  { option: 'waitForResultMs', unit: 'milliseconds', zeroAllowed: true },
  { option: 'recognitionTimeoutMs', unit: 'milliseconds' },
  { option: 'assumedVendorRetentionMs', unit: 'milliseconds' },
  { option: 'maxAttempts', unit: 'whole number' },
  { option: 'maxConnections', unit: 'whole number' },
  { option: 'maxResponseBytes', unit: 'bytes' },
];

const WANTED: Readonly<Record<NumberRule['unit'], Problem>> = {
  milliseconds: new Problem('a number of milliseconds', '毫秒数'),
  bytes: new Problem('a whole number of bytes', '字节数（整数）'),
  'whole number': new Problem('a whole number', '整数'),
};

/** Take digits for the number that they are: configuration often arrives as text. Anything else is left as it is. */
export function numberFromText(value: unknown): unknown {
  // Number() would also take 0x10 and 1e3.
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
}

/**
 * Check a number by its rule.
 *
 * @returns undefined when it is right, else what it must be
 */
export function readNumber(value: unknown, { unit, zeroAllowed = false, optional }: NumberRule): Problem | undefined {
  if (optional && value === undefined) return undefined;
  const lowest = zeroAllowed ? 0 : Number.MIN_VALUE;
  const right = typeof value === 'number' && Number.isFinite(value) && value >= lowest;
  if (right && (unit === 'milliseconds' || Number.isInteger(value))) return undefined;
  const wanted = WANTED[unit];
  const is = got(value);
  return new Problem(
    `must be ${wanted.en}, ${zeroAllowed ? '0 or more' : 'more than 0'}, written in digits only; ${is.en}`,
    `必须是${wanted.zh}，${zeroAllowed ? '不小于 0' : '大于 0'}，只用数字书写；${is.zh}`,
  );
}

/** Every option that is one of a few values. */
export const CHOICE_RULES: readonly {
  readonly option: keyof BankCardOcrOptions;
  readonly choices: readonly unknown[];
}[] = [
  { option: 'appIdParameter', choices: ['app_id', 'appId', 'webankAppId'] },
  { option: 'role', choices: ['refresher', 'reader'] },
  { option: 'transport', choices: ['http-service', 'undici'] },
  { option: 'backgroundRefresh', choices: [true, false] },
  { option: 'allowInsecureHttp', choices: [true, false] },
];

/** The options that are true or false. */
export const BOOLEAN_OPTIONS: readonly string[] = CHOICE_RULES.filter(({ choices }) => choices.includes(true)).map(
  ({ option }) => option,
);

/** Take the texts `true` and `false` for what they say: configuration often arrives as text. */
export function booleanFromText(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*(true|false)\s*$/i.test(value)) return value;
  return value.trim().toLowerCase() === 'true';
}

/**
 * Check a choice.
 *
 * @returns undefined when it is right, else what it must be
 */
export function readChoice(value: unknown, choices: readonly unknown[]): Problem | undefined {
  if (choices.includes(value)) return undefined;
  const is = got(value);
  if (choices.includes(true)) {
    return new Problem(`must be true or false; ${is.en}`, `必须是 true 或 false；${is.zh}`);
  }
  const named = choices.map((choice) => `'${String(choice)}'`);
  const last = named.at(-1);
  return new Problem(
    `must be ${named.slice(0, -1).join(', ')} or ${last}; ${is.en}`,
    `必须是 ${named.slice(0, -1).join('、')} 或 ${last}；${is.zh}`,
  );
}

/** Whether an option counts as not set: left out, or a text without anything in it, as an empty variable gives. */
export function isUnset(value: unknown): value is undefined | '' {
  return value === undefined || (typeof value === 'string' && value.trim() === '');
}

/** The members of an object that are set. */
export function whatIsSet<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => !isUnset(value))) as Partial<Options>;
}

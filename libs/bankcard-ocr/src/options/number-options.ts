import { got, Problem } from '../errors/problem.js';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';

/** What a numeric option must be. */
export interface NumberRule {
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
  { option: 'retentionMs', unit: 'milliseconds' },
  { option: 'maxAttempts', unit: 'whole number' },
  { option: 'maxConnections', unit: 'whole number' },
  { option: 'maxAnswerBytes', unit: 'bytes' },
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

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

/**
 * Check a number by its rule.
 *
 * @returns undefined when it is right, else a sentence that says what it must be
 */
export function readNumber(value: unknown, { unit, zeroAllowed = false, optional }: NumberRule): string | undefined {
  if (optional && value === undefined) return undefined;
  const lowest = zeroAllowed ? 0 : Number.MIN_VALUE;
  const right = typeof value === 'number' && Number.isFinite(value) && value >= lowest;
  if (right && (unit === 'milliseconds' || Number.isInteger(value))) return undefined;
  const wanted =
    unit === 'milliseconds'
      ? 'a number of milliseconds'
      : unit === 'bytes'
        ? 'a whole number of bytes'
        : 'a whole number';
  return `must be ${wanted}, ${zeroAllowed ? '0 or more' : 'more than 0'}, written in digits only`;
}

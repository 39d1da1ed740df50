import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { QueryLimits } from '../options/bankcard-ocr.options.js';
import { isUnset, NUMBER_RULES, numberFromText, readNumber } from '../options/option-values.js';

const NAMES = ['timeoutMs', 'attemptTimeoutMs', 'maxAttempts', 'waitForPhotosMs', 'waitForResultMs'] as const;

/**
 * The limits of one call: its own ones over those of the module.
 *
 * @throws {@link BankCardOcrError} `INVALID_ARGUMENT`
 */
export function limitsOf(
  call: QueryLimits & { readonly signal?: AbortSignal },
  module: Required<QueryLimits>,
): Required<QueryLimits> {
  if (typeof call !== 'object' || call === null) {
    throw new BankCardOcrError('INVALID_ARGUMENT', { message: 'the options of a call must be an object' });
  }
  if (call.signal !== undefined && !(call.signal instanceof AbortSignal)) {
    throw new BankCardOcrError('INVALID_ARGUMENT', { message: 'signal must be an AbortSignal' });
  }
  // Most calls have none of their own, and a copy would cost every query.
  const own = NAMES.filter((name) => !isUnset(call[name]));
  if (own.length === 0) return module;
  return { ...module, ...Object.fromEntries(own.map((name) => [name, limitOf(name, call[name])])) };
}

/** @throws {@link BankCardOcrError} `INVALID_ARGUMENT` when the option of a call is no number that its rule allows */
export function limitOf(name: (typeof NAMES)[number] | 'recognitionTimeoutMs', given: unknown): number {
  const value = numberFromText(given);
  const rule = NUMBER_RULES.find(({ option }) => option === name);
  const problem = rule && readNumber(value, rule);
  if (!problem) return value as number;
  throw new BankCardOcrError('INVALID_ARGUMENT', {
    message: `${name} ${problem.en}`,
    messageZh: `${name} ${problem.zh}`,
  });
}

import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { QueryLimits } from '../options/bankcard-ocr.options.js';
import { NUMBER_RULES, readNumber } from '../options/number-options.js';

const NAMES = ['timeoutMs', 'attemptTimeoutMs', 'maxAttempts', 'waitForPhotosMs'] as const;

/**
 * The limits of one call: its own ones over those of the module.
 *
 * @throws {@link BankCardOcrError} `INVALID_ARGUMENT`
 */
export function limitsOf(call: QueryLimits, module: Required<QueryLimits>): Required<QueryLimits> {
  const limits = { ...module };
  for (const name of NAMES) {
    const value = call[name];
    if (value === undefined) continue;
    const rule = NUMBER_RULES.find(({ option }) => option === name);
    const wrong = rule && readNumber(value, rule);
    if (wrong !== undefined) throw new BankCardOcrError('INVALID_ARGUMENT', { message: `${name} ${wrong}` });
    limits[name] = value;
  }
  return limits;
}

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
  // Most calls have none of their own.
  let limits: { -readonly [K in keyof QueryLimits]-?: QueryLimits[K] & {} } = module;
  for (const name of NAMES) {
    if (isUnset(call[name])) continue;
    const value = numberFromText(call[name]);
    const rule = NUMBER_RULES.find(({ option }) => option === name);
    const wrong = rule && readNumber(value, rule);
    if (wrong) {
      throw new BankCardOcrError('INVALID_ARGUMENT', {
        message: `${name} ${wrong.en}`,
        messageZh: `${name} ${wrong.zh}`,
      });
    }
    if (limits === module) limits = { ...module };
    limits[name] = value as number;
  }
  return limits;
}

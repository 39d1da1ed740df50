import { invalidArgument } from '../errors/bank-card-ocr-error.js';
import type { QueryLimits } from '../options/bankcard-ocr.options.js';
import { Problem } from '../errors/configuration-error.js';
import { OPTION_TABLE } from '../options/option-table.js';
import { isUnset } from '../options/option-values.js';

/** A call without options: nothing of it has to be looked at. */
export const NO_OPTIONS = Object.freeze({});

const NAMES = ['timeoutMs', 'attemptTimeoutMs', 'maxAttempts', 'waitForPhotosMs', 'waitForResultMs'] as const;

export function limitsOf(
  call: QueryLimits & { readonly signal?: AbortSignal },
  module: Required<QueryLimits>,
): Required<QueryLimits> {
  if (call === NO_OPTIONS) return module;
  if (typeof call !== 'object' || call === null) throw invalidArgument('the options of a call must be an object');
  if (call.signal !== undefined && !(call.signal instanceof AbortSignal))
    throw invalidArgument('signal must be an AbortSignal');
  if (NAMES.every((name) => call[name] === undefined)) return module;
  const limits: { -readonly [K in keyof QueryLimits]-?: QueryLimits[K] & {} } = { ...module };
  for (const name of NAMES) if (!isUnset(call[name])) limits[name] = limitOf(name, call[name]);
  return limits;
}

/** @throws {@link BankCardOcrError} `INVALID_ARGUMENT` when the option of a call is no number that its rule allows */
export function limitOf(name: (typeof NAMES)[number] | 'recognitionTimeoutMs', given: unknown): number {
  const value = OPTION_TABLE[name].read(given);
  if (!(value instanceof Problem)) return value;
  throw invalidArgument(`${name} ${value.en}`, `${name} ${value.zh}`);
}

import type { BankCardOcrResult } from '../../card/bank-card-ocr-result.js';
import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { DEFAULTS } from '../../options/defaults.js';
import type { QueryOptions } from '../query-options.js';
import { limitsOf } from '../query-limits.js';
import { checkRecognizedAt } from '../retention.js';
import { warningPolicyOf } from '../warning-policy.js';

/** The vendor's limits are not documented (protocol.md section 8): these are low enough for a beginning, no more. */
const DEFAULT_CONCURRENCY = 8;
const DEFAULT_RATE_PER_SECOND = 10;

/** How a batch of queries goes about it; what it has in common with one query holds for each of its queries. */
export interface QueryManyOptions extends QueryOptions {
  /** How many orders are held at once: being asked for, or answered and not taken yet. At least 1. @default 8 */
  readonly concurrency?: number | undefined;
  /**
   * How many queries begin in a second at most, spread evenly; fractions are allowed. The vendor documents no number: ask
   * for that of your contract. Repeated requests within a query come on top. @default 10
   */
  readonly ratePerSecond?: number | undefined;
  /** Ends the batch: see {@link OcrResultService.queryMany}. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of one order of a batch: its `result`, or else the `error` that its query ended with. */
export type QueryManyOutcome =
  | { readonly orderNo: string; readonly result: BankCardOcrResult; readonly error?: undefined }
  | { readonly orderNo: string; readonly error: unknown; readonly result?: undefined };

/** Where the order numbers come from. */
export type OrderNumbers = Iterable<string> | AsyncIterable<string>;

/** What a batch is held to. */
export interface BatchLimits {
  readonly concurrency: number;
  readonly ratePerSecond: number;
}

/**
 * Check what a batch was called with, before anything is taken or asked.
 *
 * @throws {@link BankCardOcrError} `INVALID_ARGUMENT`
 */
export function batchLimitsOf(orders: unknown, options: QueryManyOptions): BatchLimits {
  if (!isSource(orders)) {
    throw invalid('orders must be an iterable or an async iterable of order numbers, and not a single text');
  }
  // Each query would refuse wrong limits as well, but then every order of the batch would fail.
  limitsOf(options, DEFAULTS);
  warningPolicyOf(options.warningPolicy, DEFAULTS.warningPolicy);
  checkRecognizedAt(options.recognizedAt);
  const { concurrency = DEFAULT_CONCURRENCY, ratePerSecond = DEFAULT_RATE_PER_SECOND } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    throw invalid('concurrency must be a whole number, 1 or more');
  if (!Number.isFinite(ratePerSecond) || ratePerSecond <= 0)
    throw invalid('ratePerSecond must be a number, more than 0');
  return { concurrency, ratePerSecond };
}

/** A text is iterable too, but its letters are no order numbers. */
function isSource(orders: unknown): orders is OrderNumbers {
  return typeof orders === 'object' && orders !== null && (Symbol.asyncIterator in orders || Symbol.iterator in orders);
}

function invalid(message: string): BankCardOcrError {
  return new BankCardOcrError('INVALID_ARGUMENT', { message });
}

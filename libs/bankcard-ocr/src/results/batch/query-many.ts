import { checkOrderNumber } from '../../call/order-number.js';
import { limitsOf } from '../../call/query-limits.js';
import type { BankCardOcrResult } from '../../card/bank-card-ocr-result.js';
import { type BankCardOcrError, invalidArgument, isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { DEFAULTS } from '../../options/option-table.js';
import { onAbort, sleep } from '../../runtime/abort.js';
import type { Clock } from '../../runtime/clock.js';
import { backoffMs } from '../../runtime/random.js';
import type { QueryOptions } from '../order-query.js';
import { checkRecognizedAt } from '../retention.js';
import { warningPolicyOf } from '../warning-policy.js';
import { AdaptiveRateLimiter } from './adaptive-rate-limiter.js';

/** Never more than `concurrency` orders are in flight, or finished and not consumed: a slow consumer slows the batch. */
export async function* queryMany(
  ask: Ask,
  orders: OrderNumbers,
  options: QueryManyOptions,
  clock: Clock,
): AsyncGenerator<QueryManyOutcome, void, undefined> {
  const { concurrency, ratePerSecond } = batchLimitsOf(orders, options);
  const { signal } = options;
  signal?.throwIfAborted();
  const limiter = new AdaptiveRateLimiter(ratePerSecond, clock);
  const isAsync = Symbol.asyncIterator in orders;
  const source = isAsync ? orders[Symbol.asyncIterator]() : orders[Symbol.iterator]();
  const finished: QueryManyOutcome[] = [];
  let inFlight = 0;
  const isBusy = () => inFlight > 0;
  let isAsking = false;
  /** The source has no more orders, or has failed. */
  let end: { readonly error?: unknown } | undefined;
  let wakeUp = (): void => undefined;
  const change = () => new Promise<void>((resolve) => (wakeUp = resolve));

  const stopping = new AbortController();
  const stopped = stopping.signal;
  const stop = (): void => {
    stopping.abort(signal?.reason);
    wakeUp();
  };

  const query = async (orderNo: string): Promise<void> => {
    inFlight += 1;
    try {
      finished.push({ orderNo, result: await queryInTurn(ask, orderNo, limiter, clock, stopped) });
    } catch (error) {
      finished.push({ orderNo, error: stopped.aborted ? (stopped.reason as unknown) : error });
    }
    inFlight -= 1;
    wakeUp();
  };
  const askSource = async (): Promise<void> => {
    isAsking = true;
    try {
      const step = source.next();
      // A ready order is taken at once: nothing can come between taking an order and knowing of it.
      const { done, value } = isAsync ? await step : (step as IteratorResult<string>);
      if (done) end = {};
      else void query(value);
    } catch (error) {
      end = { error };
    }
    isAsking = false;
    if (isAsync) fill();
    wakeUp();
  };
  const fill = (): void => {
    const mayAsk = () => !isAsking && !end && !stopped.aborted && inFlight + finished.length < concurrency;
    while (mayAsk()) void askSource();
  };

  const forget = signal && onAbort(signal, stop);
  try {
    for (;;) {
      const outcome = finished.shift();
      fill();
      if (outcome) yield outcome;
      else if (isBusy() || !(end || stopped.aborted)) await change();
      else break;
    }
    signal?.throwIfAborted();
    if (end && 'error' in end) throw end.error;
  } finally {
    forget?.();
    stop();
    while (isBusy()) await change();
    // As leaving a `for` loop closes its source. The reason of the signal is on its way already, and says more.
    const closed = (async () => end ?? source.return?.())().catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
    // A source that still waits for its next order returns only after that one, if ever: do not wait for it.
    if (isAsking) closed.catch(() => undefined);
    else await closed;
  }
}

/** An order over Tencent's limits keeps its place and waits for another turn. */
async function queryInTurn(
  ask: Ask,
  orderNo: string,
  limiter: AdaptiveRateLimiter,
  clock: Clock,
  signal: AbortSignal,
): Promise<BankCardOcrResult> {
  checkOrderNumber(orderNo);
  const onFailure = ({ code, retryAfterMs }: BankCardOcrError) => {
    if (code === 'RATE_LIMITED') limiter.slowDown(retryAfterMs);
  };
  for (let round = 1; ; round += 1) {
    await limiter.turn(signal);
    try {
      return await ask(orderNo, { signal, onFailure });
    } catch (error) {
      if (!isBankCardOcrError(error)) throw error;
      onFailure(error);
      if (error.code !== 'RATE_LIMITED' || !error.retryable || round >= ROUNDS) throw error;
    }
    await sleep(clock, backoffMs(round, FIRST_REST_MS, LONGEST_REST_MS), signal);
  }
}

/** Tencent's limits are not documented (protocol.md section 8): these are low enough to begin with. */
const DEFAULT_CONCURRENCY = 8;
const DEFAULT_RATE_PER_SECOND = 10;

/** The options of a batch; those of a query hold for each of its queries. */
export interface QueryManyOptions extends QueryOptions {
  /** How many orders are in flight or finished and not consumed yet at once. At least 1. @default 8 */
  readonly concurrency?: number | undefined;
  /** How many queries begin in a second at most, evenly spread; fractions are allowed. @default 10 */
  readonly ratePerSecond?: number | undefined;
  /** Ends the batch: see {@link OcrResultService.queryMany}. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of one order of a batch: its `result`, or else the `error` that its query ended with. */
export type QueryManyOutcome =
  | { readonly orderNo: string; readonly result: BankCardOcrResult; readonly error?: undefined }
  | { readonly orderNo: string; readonly error: unknown; readonly result?: undefined };

export type OrderNumbers = Iterable<string> | AsyncIterable<string>;

function batchLimitsOf(orders: unknown, options: QueryManyOptions): { concurrency: number; ratePerSecond: number } {
  // A text is iterable too, but its letters are no order numbers.
  const isObject = typeof orders === 'object' && orders !== null;
  if (!isObject || !(Symbol.asyncIterator in orders || Symbol.iterator in orders))
    throw invalidArgument('orders must be an iterable or an async iterable of order numbers, and not a single text');
  // Each query would refuse wrong options as well, but then every order of the batch would fail.
  limitsOf(options, DEFAULTS);
  warningPolicyOf(options.warningPolicy, DEFAULTS.warningPolicy);
  checkRecognizedAt(options.recognizedAt);
  const { concurrency = DEFAULT_CONCURRENCY, ratePerSecond = DEFAULT_RATE_PER_SECOND } = options;
  if (!(Number.isSafeInteger(concurrency) && concurrency >= 1))
    throw invalidArgument('concurrency must be a whole number, 1 or more');
  if (!(Number.isFinite(ratePerSecond) && ratePerSecond > 0))
    throw invalidArgument('ratePerSecond must be a number, more than 0');
  return { concurrency, ratePerSecond };
}

/** How often an order over Tencent's limits is queried before that is its outcome. */
const ROUNDS = 5;
/** An order over the limits lets others pass for a while, longer after every refusal. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 8_000;

/** One query of a batch; calls `onFailure` with every attempt that fails, also one that it repeats itself. */
export type Ask = (
  orderNo: string,
  hooks: { readonly signal: AbortSignal; readonly onFailure: (error: BankCardOcrError) => void },
) => Promise<BankCardOcrResult>;

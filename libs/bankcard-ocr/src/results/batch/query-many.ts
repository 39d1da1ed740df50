import { checkOrderNumber } from '../../call/order-number.js';
import { limitsOf } from '../../call/query-limits.js';
import type { BankCardOcrResult } from '../../card/bank-card-ocr-result.js';
import { type BankCardOcrError, invalidArgument, isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { DEFAULTS } from '../../options/option-table.js';
import { onAbort } from '../../runtime/abort.js';
import type { Clock } from '../../runtime/clock.js';
import type { QueryOptions } from '../order-query.js';
import { checkRecognizedAt } from '../retention.js';
import { warningPolicyOf } from '../warning-policy.js';
import { AdaptiveRateLimiter } from './adaptive-rate-limiter.js';

export async function* queryMany(
  ask: Ask,
  orders: OrderNumbers,
  options: QueryManyOptions,
  clock: Clock,
): AsyncGenerator<QueryManyOutcome, void, undefined> {
  const { concurrency, ratePerSecond } = batchLimitsOf(orders, options);
  const { signal } = options;
  signal?.throwIfAborted();
  const batch = new Batch(ask, orders, new AdaptiveRateLimiter(ratePerSecond, clock), concurrency);
  const forget = signal && onAbort(signal, (reason) => batch.stop(reason));
  try {
    for (let next = await batch.take(); next; next = await batch.take()) yield next;
    signal?.throwIfAborted();
  } finally {
    forget?.();
    await batch.close().catch((error: unknown) => {
      // The reason of the signal is on its way already, and says more.
      if (!signal?.aborted) throw error;
    });
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

/** One query of a batch; calls `onFailure` with every attempt that fails, also one that it repeats itself. */
export type Ask = (
  orderNo: string,
  hooks: { readonly signal: AbortSignal; readonly onFailure: (error: BankCardOcrError) => void },
) => Promise<BankCardOcrResult>;

/** The orders in flight or finished and not consumed yet: never more than `concurrency`, so that a slow consumer slows it. */
class Batch {
  readonly #source: Iterator<string> | AsyncIterator<string>;
  readonly #isAsync: boolean;
  readonly #finished: QueryManyOutcome[] = [];
  readonly #stop = new AbortController();
  #inFlight = 0;
  #isAsking = false;
  #isExhausted = false;
  #sourceFailure: { readonly error: unknown } | undefined;
  #wakeUp: () => void = () => undefined;

  constructor(
    private readonly ask: Ask,
    orders: OrderNumbers,
    private readonly limiter: AdaptiveRateLimiter,
    private readonly concurrency: number,
  ) {
    this.#isAsync = Symbol.asyncIterator in orders;
    this.#source = Symbol.asyncIterator in orders ? orders[Symbol.asyncIterator]() : orders[Symbol.iterator]();
  }

  /** The next finished order; undefined for no more. @throws what the source has thrown, when all before is through */
  async take(): Promise<QueryManyOutcome | undefined> {
    for (;;) {
      const outcome = this.#finished.shift();
      this.#fill();
      if (outcome) return outcome;
      if (this.#inFlight === 0 && (this.#isExhausted || this.#stop.signal.aborted)) break;
      await this.#change();
    }
    if (this.#sourceFailure && !this.#stop.signal.aborted) throw this.#sourceFailure.error;
    return undefined;
  }

  stop(reason?: unknown): void {
    this.#stop.abort(reason);
    this.#wakeUp();
  }

  /** Stop, wait for queries in flight, and close the source, as leaving a `for` loop does. @throws what that throws */
  async close(): Promise<void> {
    this.stop();
    while (this.#inFlight > 0) await this.#change();
    if (this.#isExhausted) return;
    this.#isExhausted = true;
    const closed = Promise.resolve(this.#source.return?.());
    // A source that still waits for its next order returns only after that one, if ever: do not wait for it.
    if (this.#isAsking) closed.catch(() => undefined);
    else await closed;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#wakeUp = resolve));
  }

  #fill(): void {
    const hasRoom = () => !this.#stop.signal.aborted && this.#inFlight + this.#finished.length < this.concurrency;
    while (!this.#isAsking && !this.#isExhausted && hasRoom()) void this.#askSource();
  }

  async #askSource(): Promise<void> {
    this.#isAsking = true;
    try {
      const step = this.#source.next();
      // A ready order is taken at once: nothing can come between taking an order and knowing of it.
      const { done, value } = this.#isAsync ? await step : (step as IteratorResult<string>);
      this.#isAsking = false;
      if (done) this.#isExhausted = true;
      else void this.#finish(value);
    } catch (error) {
      this.#isAsking = false;
      this.#isExhausted = true;
      this.#sourceFailure = { error };
    }
    if (this.#isAsync) this.#fill();
    this.#wakeUp();
  }

  async #finish(orderNo: string): Promise<void> {
    this.#inFlight += 1;
    try {
      const result = await this.#query(orderNo);
      this.#finished.push({ orderNo, result });
    } catch (error) {
      const { aborted, reason } = this.#stop.signal;
      this.#finished.push({ orderNo, error: aborted ? (reason as unknown) : error });
    }
    this.#inFlight -= 1;
    this.#wakeUp();
  }

  /** An order over Tencent's limits keeps its place and waits for another turn. */
  async #query(orderNo: string): Promise<BankCardOcrResult> {
    checkOrderNumber(orderNo);
    const { limiter } = this;
    const { signal } = this.#stop;
    const onFailure = ({ code, retryAfterMs }: BankCardOcrError) => {
      if (code === 'RATE_LIMITED') limiter.slowDown(retryAfterMs);
    };
    for (let round = 1; ; round += 1) {
      await limiter.turn(signal);
      try {
        return await this.ask(orderNo, { signal, onFailure });
      } catch (error) {
        if (!isBankCardOcrError(error)) throw error;
        onFailure(error);
        if (error.code !== 'RATE_LIMITED' || !error.retryable || round >= ROUNDS) throw error;
      }
      await limiter.rest(round, signal);
    }
  }
}

import { setMaxListeners } from 'node:events';
import { checkOrderNumber } from '../../call/order-number.js';
import { limitsOf } from '../../call/query-limits.js';
import type { BankCardOcrResult } from '../../card/bank-card-ocr-result.js';
import { BankCardOcrError, isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { DEFAULTS } from '../../options/option-table.js';
import type { Clock } from '../../runtime/clock.js';
import type { QueryOptions } from '../query-options.js';
import { checkRecognizedAt } from '../retention.js';
import { warningPolicyOf } from '../warning-policy.js';
import { AdaptiveRateLimiter } from './adaptive-rate-limiter.js';

/**
 * Ask for many orders, several at a time. Every order that is taken from `orders` comes exactly once, when it is finished.
 *
 * @throws {@link BankCardOcrError} `INVALID_ARGUMENT` for wrong arguments, what `orders` throws, or the reason of
 *   `options.signal`, both when everything that was taken has been yielded
 */
export async function* queryMany(
  ask: Ask,
  orders: OrderNumbers,
  options: QueryManyOptions,
  clock: Clock,
): AsyncGenerator<QueryManyOutcome, void, undefined> {
  const { concurrency, ratePerSecond } = batchLimitsOf(orders, options);
  const { signal } = options;
  signal?.throwIfAborted();
  const source = new OrderSource(orders);
  const batch = new Batch({ ask, source, pace: new AdaptiveRateLimiter(ratePerSecond, clock), concurrency });
  const onAbort = () => batch.stop(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for (let next = await batch.take(); next; next = await batch.take()) yield next;
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', onAbort);
    batch.stop();
    await batch.settle();
    await source.close().catch((error: unknown) => {
      // The reason of the signal is on its way already, and says more.
      if (!signal?.aborted) throw error;
    });
  }
}

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
interface BatchLimits {
  readonly concurrency: number;
  readonly ratePerSecond: number;
}

/**
 * Check what a batch was called with, before anything is taken or asked.
 *
 * @throws {@link BankCardOcrError} `INVALID_ARGUMENT`
 */
function batchLimitsOf(orders: unknown, options: QueryManyOptions): BatchLimits {
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

/** How often an order is asked for whose queries end with "too many", before that is its outcome. */
const ROUNDS = 5;

/** What a query of a batch goes by. */
export interface AskHooks {
  /** Ends the query. */
  readonly signal: AbortSignal;
  /** To be told every attempt that fails, also one that the query itself repeats. */
  readonly onFailure: (error: BankCardOcrError) => void;
}

/** One query of a batch. */
export type Ask = (orderNo: string, hooks: AskHooks) => Promise<BankCardOcrResult>;

/** What a {@link Batch} works with. */
interface BatchParts {
  readonly ask: Ask;
  readonly source: OrderSource;
  readonly pace: AdaptiveRateLimiter;
  readonly concurrency: number;
}

/**
 * The orders that are held, each exactly once: being asked for, or finished and not taken yet. There are never more than
 * `concurrency`, so that whoever stops taking stops the batch.
 */
class Batch implements OrderTaker {
  readonly #finished: QueryManyOutcome[] = [];
  readonly #stop = new AbortController();
  #inFlight = 0;
  #filling = false;
  #sourceFailure: { readonly error: unknown } | undefined;
  #wakeUp: () => void = () => undefined;

  constructor(private readonly parts: BatchParts) {
    // One listener for each query in flight is no leak.
    setMaxListeners(0, this.#stop.signal);
  }

  /**
   * The next order that is finished; waits for one.
   *
   * @returns undefined when there will be no more
   * @throws what the source has thrown, when all that it gave before is through
   */
  async take(): Promise<QueryManyOutcome | undefined> {
    for (;;) {
      const outcome = this.#finished.shift();
      this.#fill();
      if (outcome) return outcome;
      if (this.#inFlight === 0 && (this.parts.source.exhausted || this.#stop.signal.aborted)) break;
      await this.#change();
    }
    if (this.#sourceFailure && !this.#stop.signal.aborted) throw this.#sourceFailure.error;
    return undefined;
  }

  /** Take nothing more from the source, and end the queries that are in flight. */
  stop(reason?: unknown): void {
    this.#stop.abort(reason);
    this.#wakeUp();
  }

  /** Wait until no query is in flight. */
  async settle(): Promise<void> {
    while (this.#inFlight > 0) await this.#change();
  }

  taken(orderNo: string): void {
    this.#inFlight += 1;
    void this.#outcomeOf(orderNo).then((outcome) => {
      this.#inFlight -= 1;
      this.#finished.push(outcome);
      this.#wakeUp();
    });
    this.#fill();
  }

  ended(failure?: { readonly error: unknown }): void {
    this.#sourceFailure = failure;
    this.#wakeUp();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#wakeUp = resolve));
  }

  #fill(): void {
    // A source that has its orders ready calls back in here at once; the loop goes on by itself.
    if (this.#filling) return;
    this.#filling = true;
    while (this.parts.source.ready && this.#hasRoom()) this.parts.source.ask(this);
    this.#filling = false;
  }

  #hasRoom(): boolean {
    return !this.#stop.signal.aborted && this.#inFlight + this.#finished.length < this.parts.concurrency;
  }

  async #outcomeOf(orderNo: string): Promise<QueryManyOutcome> {
    try {
      checkOrderNumber(orderNo);
      return { orderNo, result: await this.#ask(orderNo) };
    } catch (error) {
      const { aborted, reason } = this.#stop.signal;
      return { orderNo, error: aborted ? (reason as unknown) : error };
    }
  }

  /** An order that the vendor would not hear for the rate keeps its place, and gets in line for another turn. */
  async #ask(orderNo: string): Promise<BankCardOcrResult> {
    const { ask, pace } = this.parts;
    const { signal } = this.#stop;
    const onFailure = ({ code, retryAfterMs }: BankCardOcrError) => {
      if (code === 'RATE_LIMITED') pace.slowDown(retryAfterMs);
    };
    for (let round = 1; ; round += 1) {
      await pace.turn(signal);
      try {
        return await ask(orderNo, { signal, onFailure });
      } catch (error) {
        if (!isBankCardOcrError(error)) throw error;
        onFailure(error);
        if (error.code !== 'RATE_LIMITED' || !error.retryable || round >= ROUNDS) throw error;
      }
      await pace.rest(round, signal);
    }
  }
}

/** Told what the source gives, at once or later. */
interface OrderTaker {
  taken(orderNo: string): void;
  /** There will be no more; `failure` when the source failed. */
  ended(failure?: { readonly error: unknown }): void;
}

/**
 * The source of a batch, one order at a time. What stands ready is taken at once, not a turn of the event loop later, so
 * that nothing can come between taking an order and knowing of it.
 */
class OrderSource {
  readonly #iterator: Iterator<string> | AsyncIterator<string>;
  readonly #later: boolean;
  #asked = false;
  #open = true;

  constructor(orders: OrderNumbers) {
    this.#later = Symbol.asyncIterator in orders;
    this.#iterator = Symbol.asyncIterator in orders ? orders[Symbol.asyncIterator]() : orders[Symbol.iterator]();
  }

  /** Whether the next order may be asked for. */
  get ready(): boolean {
    return this.#open && !this.#asked;
  }

  /** Whether no order can come any more. */
  get exhausted(): boolean {
    return !this.#open;
  }

  ask(taker: OrderTaker): void {
    this.#asked = true;
    try {
      const step = this.#iterator.next();
      if (this.#later) void this.#await(step, taker);
      else this.#give(step as IteratorResult<string>, taker);
    } catch (error) {
      this.#end(taker, { error });
    }
  }

  /**
   * Tell the source that no more is wanted, as leaving a `for` loop does.
   *
   * @throws what the source throws at that
   */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    const closed = Promise.resolve(this.#iterator.return?.());
    // A source that still waits for its next order answers only after that one, if ever: nobody waits for it.
    if (this.#asked) closed.catch(() => undefined);
    else await closed;
  }

  async #await(step: IteratorResult<string> | Promise<IteratorResult<string>>, taker: OrderTaker): Promise<void> {
    try {
      this.#give(await step, taker);
    } catch (error) {
      this.#end(taker, { error });
    }
  }

  #give(step: IteratorResult<string>, taker: OrderTaker): void {
    this.#asked = false;
    if (step.done) this.#end(taker);
    else taker.taken(step.value);
  }

  #end(taker: OrderTaker, failure?: { readonly error: unknown }): void {
    this.#asked = false;
    this.#open = false;
    taker.ended(failure);
  }
}

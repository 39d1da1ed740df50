import type { BankCardOcrResult } from '../../card/bank-card-ocr-result.js';
import type { BankCardOcrErrorCode } from '../../errors/error-codes.js';
import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import type { ManualClock } from '../../testing/manual-clock.js';
import { sleep } from '../../runtime/abort.js';
import { type Ask, type OrderNumbers, queryMany, type QueryManyOptions, type QueryManyOutcome } from './query-many.js';

/** How one query of a {@link FakeAsking} goes: after so long, with this. */
export interface FakeAnswer {
  readonly ms?: number;
  readonly error?: BankCardOcrErrorCode;
}

/** Queries that take the time of a manual clock, and end as a test says. */
export class FakeAsking {
  inFlight = 0;
  mostInFlight = 0;
  /** The moments at which each query began, by order, in the order of the beginnings. */
  readonly began: (readonly [orderNo: string, atMs: number])[] = [];
  readonly #startedAt: number;

  constructor(
    private readonly clock: ManualClock,
    private readonly answer: (orderNo: string, round: number, hooks: Parameters<Ask>[1]) => FakeAnswer = () => ({}),
  ) {
    this.#startedAt = clock.monotonic();
  }

  readonly ask: Ask = async (orderNo, hooks) => {
    this.began.push([orderNo, this.clock.monotonic() - this.#startedAt]);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      const round = this.began.filter(([begun]) => begun === orderNo).length;
      const { ms = 10, error } = this.answer(orderNo, round, hooks);
      await sleep(this.clock, ms, hooks.signal);
      if (error) throw new BankCardOcrError(error);
      return { orderNo } as BankCardOcrResult;
    } finally {
      this.inFlight -= 1;
    }
  };

  many(orders: OrderNumbers, options: QueryManyOptions = {}): AsyncGenerator<QueryManyOutcome, void, undefined> {
    return queryMany(this.ask, orders, options, this.clock);
  }
}

/** All outcomes in short, `order` or `order: code`, and last what the batch threw, if it threw. */
export async function collected(batch: AsyncIterable<QueryManyOutcome>): Promise<unknown[]> {
  const all: unknown[] = [];
  try {
    for await (const { orderNo, result, error } of batch) {
      all.push(
        result ? result.orderNo : `${orderNo}: ${error instanceof BankCardOcrError ? error.code : String(error)}`,
      );
    }
  } catch (error) {
    all.push(error);
  }
  return all;
}

/**
 * A source that says what is taken from it, and whether it was closed. Like a generator it answers to that only after
 * the order that it is asked for.
 */
export class WatchedSource implements AsyncIterable<string> {
  taken = 0;
  closed = 0;
  #waiting: Promise<void> = Promise.resolve();

  constructor(
    private readonly orders: readonly string[],
    private readonly wait: () => Promise<void> = () => Promise.resolve(),
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return {
      next: async () => {
        const orderNo = this.orders[this.taken];
        if (orderNo === undefined) return { done: true, value: undefined };
        this.taken += 1;
        this.#waiting = this.wait();
        await this.#waiting;
        return { done: false, value: orderNo };
      },
      return: async () => {
        this.closed += 1;
        await this.#waiting;
        return { done: true, value: undefined };
      },
    };
  }
}

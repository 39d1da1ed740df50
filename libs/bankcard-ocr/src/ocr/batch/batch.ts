import { setMaxListeners } from 'node:events';
import type { BankCardOcrResult } from '../../card/bank-card-ocr-result.js';
import { type BankCardOcrError, isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { checkOrderNumber } from '../order-number.js';
import type { QueryManyOutcome } from './batch-options.js';
import type { OrderSource, OrderTaker } from './order-source.js';
import type { Pace } from './pace.js';

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
export interface BatchParts {
  readonly ask: Ask;
  readonly source: OrderSource;
  readonly pace: Pace;
  readonly concurrency: number;
}

/**
 * The orders that are held, each exactly once: being asked for, or finished and not taken yet. There are never more than
 * `concurrency`, so that whoever stops taking stops the batch.
 */
export class Batch implements OrderTaker {
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

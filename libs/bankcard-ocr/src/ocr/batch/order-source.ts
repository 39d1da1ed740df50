import type { OrderNumbers } from './batch-options.js';

/** Told what the source gives, at once or later. */
export interface OrderTaker {
  taken(orderNo: string): void;
  /** There will be no more; `failure` when the source failed. */
  ended(failure?: { readonly error: unknown }): void;
}

/**
 * The source of a batch, one order at a time. What stands ready is taken at once, not a turn of the event loop later, so
 * that nothing can come between taking an order and knowing of it.
 */
export class OrderSource {
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

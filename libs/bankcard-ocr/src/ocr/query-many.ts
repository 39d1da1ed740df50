import type { Clock } from '../clock.js';
import {
  batchLimitsOf,
  type OrderNumbers,
  type QueryManyOptions,
  type QueryManyOutcome,
} from './batch/batch-options.js';
import { type Ask, Batch } from './batch/batch.js';
import { OrderSource } from './batch/order-source.js';
import { Pace } from './batch/pace.js';

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
  const batch = new Batch({ ask, source, pace: new Pace(ratePerSecond, clock), concurrency });
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

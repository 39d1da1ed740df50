import { checkOrderNumber } from '../call/order-number.js';
import { NO_OPTIONS } from '../call/query-limits.js';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { type OrderNumbers, queryMany, type QueryManyOptions, type QueryManyOutcome } from './batch/query-many.js';
import {
  checkPhotoDestination,
  type DownloadManifest,
  downloadOrder,
  type PhotoDestination,
} from './download/download.js';
import { observed } from '../telemetry/instrumentation.js';
import { cardFacts } from './card-facts.js';
import {
  type OcrResultServiceOptions,
  OrderQuery,
  type OrderQueryOptions,
  type QueryOptions,
  signedQuery,
} from './order-query.js';

/** The parameters of a signed query by their names on the wire. */
export interface SignedQueryParameters {
  readonly app_id: string;
  readonly order_no: string;
  readonly version: string;
  readonly nonce: string;
  readonly sign: string;
}

/** Fetches what Tencent recognized on a bank card, by order number, before Tencent deletes it. */
export class OcrResultService {
  constructor(private readonly options: OcrResultServiceOptions) {}

  /**
   * Query the result of an order (getBankCardOcrResult).
   * @param orderNo 1 to 32 ASCII letters and digits, as given to the phone SDK
   * @throws {@link CardRejectedError} when `warningPolicy` rejects a warning; {@link BankCardOcrError} with a typed
   *   `code` for every other failure; or the reason of `signal`
   */
  async query(orderNo: string, options: QueryOptions = NO_OPTIONS): Promise<BankCardOcrResult> {
    return await this.#query(new OrderQuery(this.options, orderNo, options), options);
  }

  /**
   * Stream the photos of an order to a place of yours while they arrive. The time of the sink counts for `timeoutMs`
   * only.
   * @param sink {@link toDirectory}, or a function that opens a Writable for each photo
   * @throws what `query` throws, and the errors of the sink as they are
   */
  async download(orderNo: string, sink: PhotoDestination, options: OrderQueryOptions = {}): Promise<DownloadManifest> {
    const query = new OrderQuery(this.options, orderNo, options);
    checkPhotoDestination(sink);
    return observed(this.options.telemetry, 'download', () => downloadOrder(query, this.options.results, sink), {
      signal: options.signal,
      facts: (manifest, error) => ({
        ...cardFacts(manifest?.result, error),
        photos: manifest?.photos.map(({ kind, size }) => ({ kind, bytes: size })),
      }),
    });
  }

  /**
   * Query many orders, several at a time; each comes exactly once, when it is finished. Leaving the loop ends the rest.
   * @throws {@link BankCardOcrError} `INVALID_ARGUMENT`, what `orders` throws, or the reason of `signal`
   */
  queryMany(orders: OrderNumbers, options: QueryManyOptions = {}): AsyncGenerator<QueryManyOutcome, void, undefined> {
    return queryMany(
      (orderNo, { signal, onFailure }) =>
        this.#query(new OrderQuery(this.options, orderNo, { ...options, signal }, onFailure), options),
      orders,
      options,
      this.options.clock,
    );
  }

  /** Sign a query for another program to send, at once: nonce and signature are valid for one request. */
  async signQuery(orderNo: string): Promise<SignedQueryParameters> {
    checkOrderNumber(orderNo);
    const credentials = await this.options.tickets.getCredentials();
    const { appId, version, nonce, sign } = signedQuery(this.options, orderNo, credentials);
    return { app_id: appId, order_no: orderNo, version, nonce, sign };
  }

  /** What log lines of an order have as `orderRef`: 16 hex digits, hashed with a key derived from the app secret. */
  orderReference(orderNo: string): string {
    checkOrderNumber(orderNo);
    return this.options.orderReferences?.of(orderNo) ?? '';
  }

  #query(query: OrderQuery, options: QueryOptions): Promise<BankCardOcrResult> {
    const photos = options.photos === true && 'kept';
    const accept = (result: BankCardOcrResult, nowMs: number) => query.accept(result, nowMs);
    const run = () => query.run((request) => this.options.results.queryResult(request, photos, accept));
    return observed(this.options.telemetry, 'query', run, { signal: options.signal, facts: cardFacts });
  }
}

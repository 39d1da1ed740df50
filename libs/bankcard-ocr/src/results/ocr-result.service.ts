import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { type OrderNumbers, queryMany, type QueryManyOptions, type QueryManyOutcome } from './batch/query-many.js';
import { type DownloadManifest, downloadOrder } from './download/download.js';
import { checkPhotoDestination, type PhotoDestination } from './download/photo-destination.js';
import { type OcrResultServiceOptions, OrderQuery, signedQuery } from './order-query.js';
import { checkOrderNumber } from '../call/order-number.js';
import type { OrderQueryOptions, QueryOptions } from './query-options.js';

/** The parameters of a signed query by their names on the wire. */
export interface SignedQueryParameters {
  readonly app_id: string;
  readonly order_no: string;
  readonly version: string;
  readonly nonce: string;
  readonly sign: string;
}

/** Fetches what the vendor recognised on a bank card, by order number, before the vendor wipes it. */
export class OcrResultService {
  constructor(private readonly options: OcrResultServiceOptions) {}

  /**
   * Query the result of an order (getBankCardOcrResult).
   *
   * @param orderNo 1 to 32 ASCII letters and digits, as given to the phone SDK
   * @returns the recognised card; photos only when they were asked for
   * @throws {@link CardRejectedError} when the card was recognised and `warningPolicy` rejects one of its warnings
   * @throws {@link BankCardOcrError} with a typed `code` for every failure, or the reason of `signal`
   */
  async query(orderNo: string, options: QueryOptions = {}): Promise<BankCardOcrResult> {
    return await this.#query(new OrderQuery(this.options, orderNo, options), options.photos === true);
  }

  /**
   * Let the photos of an order flow to a place of yours while they arrive; they are never in memory as a whole.
   *
   * What the sink takes of the time counts for `timeoutMs`, not for `attemptTimeoutMs`.
   *
   * @param sink {@link toDirectory}, or a function that opens a Writable for each photo
   * @returns what came: size, SHA-256 and media type of each photo
   * @throws what `query` throws, and the errors of the sink as they are
   */
  async download(orderNo: string, sink: PhotoDestination, options: OrderQueryOptions = {}): Promise<DownloadManifest> {
    const inquiry = new OrderQuery(this.options, orderNo, options);
    checkPhotoDestination(sink);
    return downloadOrder(inquiry, this.options.results, sink);
  }

  /**
   * Query many orders, several at a time; each that is taken from `orders` comes exactly once, when it is finished.
   *
   * Nothing is taken while `concurrency` orders are in flight or not taken yet. Leaving the loop ends what is in flight.
   *
   * @throws {@link BankCardOcrError} `INVALID_ARGUMENT` for wrong arguments, what `orders` throws, or the reason of
   *   `signal`, both when everything that was taken has been yielded
   */
  queryMany(orders: OrderNumbers, options: QueryManyOptions = {}): AsyncGenerator<QueryManyOutcome, void, undefined> {
    return queryMany(
      async (orderNo, { signal, onFailure }) => {
        const inquiry = new OrderQuery(this.options, orderNo, { ...options, signal }, onFailure);
        return this.#query(inquiry, options.photos === true);
      },
      orders,
      options,
      this.options.clock,
    );
  }

  /**
   * Sign a query for somebody else to send, at once: nonce and signature are good for one request.
   *
   * @returns the parameters by their names on the wire, in the documented spelling
   */
  async signQuery(orderNo: string): Promise<SignedQueryParameters> {
    checkOrderNumber(orderNo);
    const { appId, version, nonce, sign } = signedQuery(
      this.options,
      orderNo,
      await this.options.tickets.getCredentials(),
    );
    return { app_id: appId, order_no: orderNo, version, nonce, sign };
  }

  #query(inquiry: OrderQuery, photos: boolean): Promise<BankCardOcrResult> {
    return inquiry.ask(
      (request) => this.options.results.queryResult(request, photos && 'kept'),
      (result) => inquiry.judge(result),
    );
  }
}

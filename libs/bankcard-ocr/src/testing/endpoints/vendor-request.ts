import { LEGAL_ORDER_NO } from '../orders/order-book.js';
import type { EndpointName } from './endpoint-name.js';

/** The only version that the documents know (protocol.md section 2). */
export const VERSION = '1.0.0';

/** One request, its query decoded. An empty parameter counts as a missing one. */
export class VendorRequest {
  readonly #parameters: URLSearchParams;

  constructor(
    readonly endpoint: EndpointName,
    query: string,
  ) {
    this.#parameters = new URLSearchParams(query);
  }

  /** The value of a parameter, empty when it is missing. */
  text(name: string): string {
    return this.parameter(name) ?? '';
  }

  parameter(name: string): string | undefined {
    return this.#parameters.get(name) || undefined;
  }

  /** All three spellings of the documents (protocol.md section 2). */
  get appId(): string | undefined {
    return this.parameter('app_id') ?? this.parameter('appId') ?? this.parameter('webankAppId');
  }

  get ticketType(): 'SIGN' | 'NONCE' | undefined {
    const type = this.parameter('type');
    return this.endpoint === 'api_ticket' && (type === 'SIGN' || type === 'NONCE') ? type : undefined;
  }

  /** The order number that it is about, legal or not. */
  get orderNo(): string | undefined {
    return this.endpoint === 'getBankCardOcrResult' ? this.parameter('order_no') : undefined;
  }

  /** The order number, when it is a legal one: only such may stand in the journal. */
  get legalOrderNo(): string | undefined {
    const { orderNo } = this;
    return orderNo !== undefined && LEGAL_ORDER_NO.test(orderNo) ? orderNo : undefined;
  }

  /** Exactly `1`; everything else is "without photos". */
  get wantsPhotos(): boolean {
    return this.parameter('get_file') === '1';
  }

  /** Whether the app id or one of `names` is missing. */
  lacks(...names: readonly string[]): boolean {
    return this.appId === undefined || names.some((name) => this.parameter(name) === undefined);
  }
}

import { LEGAL_ORDER_NO } from '../orders/order-book.js';
import type { JsonObject } from '../response/vendor-response.js';

/** The endpoints of the vendor that the sandbox serves, by their last path segment. */
export type EndpointName = 'access_token' | 'api_ticket' | 'getBankCardOcrResult' | 'bankcardocrapp';

interface Endpoint {
  readonly path: string;
  /** The only method that it knows. */
  readonly method: 'GET' | 'POST';
  /** The parameter that has the order number, where there is one. */
  readonly orderNo?: string;
}

/** protocol.md sections 1 and 2. */
export const ENDPOINTS: Readonly<Record<EndpointName, Endpoint>> = {
  access_token: { path: '/api/oauth2/access_token', method: 'GET' },
  api_ticket: { path: '/api/oauth2/api_ticket', method: 'GET' },
  getBankCardOcrResult: { path: '/api/server/getBankCardOcrResult', method: 'GET', orderNo: 'order_no' },
  bankcardocrapp: { path: '/api/paas/bankcardocrapp', method: 'POST', orderNo: 'orderNo' },
};

/** The only version that the documents know (protocol.md section 2). */
export const VERSION = '1.0.0';

/** A nonce as protocol.md section 2 allows it. */
export const LEGAL_NONCE = /^[0-9A-Za-z]{32}$/;

/** All spellings of the documents for a GET (protocol.md section 2). */
const APP_ID_NAMES = ['app_id', 'appId', 'webankAppId'];

/** One request; its parameters are in the query or, of a recognition, in a JSON body. An empty one counts as missing. */
export class VendorRequest {
  readonly #query: URLSearchParams;

  /**
   * @param body undefined for a GET; a text says what of the POST cannot be read
   * @param appIdNames the spellings of the app id that are accepted
   */
  constructor(
    readonly endpoint: EndpointName,
    query: string,
    private readonly body?: JsonObject | UnreadableBody,
    private readonly appIdNames: readonly string[] = APP_ID_NAMES,
  ) {
    this.#query = new URLSearchParams(query);
  }

  get unreadable(): UnreadableBody | undefined {
    return typeof this.body === 'string' ? this.body : undefined;
  }

  parameter(name: string): string | undefined {
    if (typeof this.body === 'string') return undefined;
    const value = this.body ? this.body[name] : this.#query.get(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** The value of a parameter, empty when it is missing. */
  text(name: string): string {
    return this.parameter(name) ?? '';
  }

  get appId(): string | undefined {
    return this.appIdNames.map((name) => this.parameter(name)).find((value) => value !== undefined);
  }

  get ticketType(): 'SIGN' | 'NONCE' | undefined {
    const type = this.parameter('type');
    return this.endpoint === 'api_ticket' && (type === 'SIGN' || type === 'NONCE') ? type : undefined;
  }

  /** The order number that it is about, legal or not. */
  get orderNo(): string | undefined {
    const { orderNo } = ENDPOINTS[this.endpoint];
    return orderNo === undefined ? undefined : this.parameter(orderNo);
  }

  /** The order number, when it is a legal one: only such may be in the journal. */
  get legalOrderNo(): string | undefined {
    const { orderNo } = this;
    return orderNo !== undefined && LEGAL_ORDER_NO.test(orderNo) ? orderNo : undefined;
  }

  /** The order number in the URL of a recognition, which must be the one in the body. */
  get orderNoInUrl(): string | undefined {
    return this.#query.get('orderNo') ?? undefined;
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

type UnreadableBody = 'content-type' | 'body';

/** The fields of a POST, or what of it cannot be read. */
export function readBody(contentType: string | undefined, bytes: Buffer): JsonObject | UnreadableBody {
  if (!/^application\/json(\s*;|$)/i.test(contentType ?? '')) return 'content-type';
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : 'body';
  } catch {
    return 'body';
  }
}

import { LEGAL_ORDER_NO } from '../orders/order-book.js';
import type { KycSandboxSettings } from '../kyc-sandbox.options.js';
import type { JsonObject } from '../response/vendor-response.js';

/** The endpoints of the vendor that the sandbox serves, by their last path segment. */
export type EndpointName = 'access_token' | 'api_ticket' | 'getBankCardOcrResult' | 'bankcardocrapp';

/** The path of each endpoint (protocol.md section 1), and the only method that it knows. */
export const ENDPOINTS: Readonly<Record<EndpointName, { readonly path: string; readonly method: 'GET' | 'POST' }>> = {
  access_token: { path: '/api/oauth2/access_token', method: 'GET' },
  api_ticket: { path: '/api/oauth2/api_ticket', method: 'GET' },
  getBankCardOcrResult: { path: '/api/server/getBankCardOcrResult', method: 'GET' },
  bankcardocrapp: { path: '/api/paas/bankcardocrapp', method: 'POST' },
};

/** The only version that the documents know (protocol.md section 2). */
export const VERSION = '1.0.0';

/** A nonce as protocol.md section 2 allows it. */
export const LEGAL_NONCE = /^[0-9A-Za-z]{32}$/;

/** One request, its query decoded. An empty parameter counts as a missing one. */
export class VendorRequest {
  readonly #parameters: URLSearchParams;

  constructor(
    readonly endpoint: EndpointName,
    query: string,
  ) {
    this.#parameters = new URLSearchParams(query);
  }

  parameter(name: string): string | undefined {
    return this.#parameters.get(name) || undefined;
  }

  /** The value of a parameter, empty when it is missing. */
  text(name: string): string {
    return this.parameter(name) ?? '';
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

  /** The order number, when it is a legal one: only such may be in the journal. */
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

/** What was posted. */
export interface PostedBody {
  readonly contentType: string | undefined;
  /** Undefined when it was longer than anything that is read. */
  readonly bytes: Buffer | undefined;
}

/** Why a body cannot be read. */
type UnreadableBody = 'too-large' | 'content-type' | 'body';

/** A POST of an image: one parameter is in the query, all of them are in a JSON body (protocol.md section 2). */
export class RecognitionRequest extends VendorRequest {
  readonly unreadable: UnreadableBody | undefined;
  readonly #fields: JsonObject;
  readonly #appIdField: KycSandboxSettings['recognitionAppId'];

  constructor(query: string, posted: PostedBody, appIdField: KycSandboxSettings['recognitionAppId']) {
    super('bankcardocrapp', query);
    const fields = fieldsOf(posted);
    this.unreadable = typeof fields === 'string' ? fields : undefined;
    this.#fields = typeof fields === 'string' ? {} : fields;
    this.#appIdField = appIdField;
  }

  /** A field of the body. */
  override parameter(name: string): string | undefined {
    const value = this.#fields[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** The spellings of two families of hosts, or the only one of them that was set (protocol.md section 2). */
  override get appId(): string | undefined {
    if (this.#appIdField !== 'either') return this.parameter(this.#appIdField);
    return this.parameter('appId') ?? this.parameter('webankAppId');
  }

  override get orderNo(): string | undefined {
    return this.parameter('orderNo');
  }

  /** The order number in the URL, which must be the one in the body. */
  get orderNoInUrl(): string | undefined {
    return super.parameter('orderNo');
  }
}

function fieldsOf({ contentType = '', bytes }: PostedBody): JsonObject | UnreadableBody {
  if (!bytes) return 'too-large';
  if (!/^application\/json(\s*;|$)/i.test(contentType)) return 'content-type';
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : 'body';
  } catch {
    return 'body';
  }
}

import { LEGAL_ORDER_NO } from '../orders/order-book.js';
import type { JsonObject } from '../response/vendor-response.js';

/** The endpoints that the sandbox serves, by their last path segment. */
export type EndpointName =
  'access_token' | 'api_ticket' | 'getBankCardOcrResult' | 'bankcardocrapp' | 'getOcrResult' | 'queryfacerecord';

interface Endpoint {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly orderNo?: string;
}

/** protocol.md sections 1 and 2; the last two belong to siblings of bank-card OCR, which share its credentials. */
export const ENDPOINTS: Readonly<Record<EndpointName, Endpoint>> = {
  access_token: { path: '/api/oauth2/access_token', method: 'GET' },
  api_ticket: { path: '/api/oauth2/api_ticket', method: 'GET' },
  getBankCardOcrResult: { path: '/api/server/getBankCardOcrResult', method: 'GET', orderNo: 'order_no' },
  bankcardocrapp: { path: '/api/paas/bankcardocrapp', method: 'POST', orderNo: 'orderNo' },
  getOcrResult: { path: '/api/server/getOcrResult', method: 'GET', orderNo: 'order_no' },
  queryfacerecord: { path: '/api/v2/base/queryfacerecord', method: 'POST', orderNo: 'orderNo' },
};

/** A host of the vendor whose spellings the sandbox insists on; `any` accepts all that are documented somewhere. */
export type HostProfile =
  'any' | 'idasc.webank.com' | 'kyc.qcloud.com' | 'miniprogram-kyc.tencentcloudapi.com' | 'kyc1.qcloud.com';

function spellingsOfAppId(profile: HostProfile, endpoint: EndpointName): readonly string[] {
  const isGet = ENDPOINTS[endpoint].method === 'GET';
  if (profile === 'any') return isGet ? ['app_id', 'appId', 'webankAppId'] : ['appId', 'webankAppId'];
  const isNew = profile === 'kyc1.qcloud.com';
  switch (endpoint) {
    case 'access_token':
    case 'api_ticket':
      return isNew ? ['appId'] : ['app_id'];
    case 'bankcardocrapp':
      return isNew ? ['appId'] : ['webankAppId'];
    case 'queryfacerecord':
      return ['appId'];
    case 'getBankCardOcrResult':
      // One page of the time of idasc has another name for the query.
      return profile === 'idasc.webank.com' ? ['app_id', 'webankAppId'] : ['app_id'];
    case 'getOcrResult':
      return ['app_id'];
    default:
      return endpoint satisfies never;
  }
}

export const VERSION = '1.0.0';

/** A nonce as protocol.md section 2 allows it. */
export const LEGAL_NONCE = /^[0-9A-Za-z]{32}$/;

/** One request; its parameters are in the query or, of a recognition, in a JSON body. An empty one counts as missing. */
export class VendorRequest {
  readonly #query: URLSearchParams;

  /** @param body undefined for a GET; a text says what of the POST cannot be read */
  constructor(
    readonly endpoint: EndpointName,
    query: string,
    private readonly profile: HostProfile,
    private readonly body?: JsonObject | UnreadableBody,
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

  text(name: string): string {
    return this.parameter(name) ?? '';
  }

  get appId(): string | undefined {
    const names = spellingsOfAppId(this.profile, this.endpoint);
    return names.map((name) => this.parameter(name)).find((value) => value !== undefined);
  }

  get ticketType(): 'SIGN' | 'NONCE' | undefined {
    const type = this.parameter('type');
    return this.endpoint === 'api_ticket' && (type === 'SIGN' || type === 'NONCE') ? type : undefined;
  }

  get orderNo(): string | undefined {
    const { orderNo } = ENDPOINTS[this.endpoint];
    return orderNo === undefined ? undefined : this.parameter(orderNo);
  }

  /** The order number, when it is a legal one: only such may be in the journal. */
  get legalOrderNo(): string | undefined {
    const { orderNo } = this;
    return orderNo !== undefined && LEGAL_ORDER_NO.test(orderNo) ? orderNo : undefined;
  }

  get orderNoInUrl(): string | undefined {
    return this.#query.get('orderNo') ?? undefined;
  }

  get wantsPhotos(): boolean {
    return this.parameter('get_file') === '1';
  }

  lacks(...names: readonly string[]): boolean {
    return this.appId === undefined || names.some((name) => this.parameter(name) === undefined);
  }
}

type UnreadableBody = 'content-type' | 'body';

export function readBody(contentType: string | undefined, bytes: Buffer): JsonObject | UnreadableBody {
  if (!/^application\/json(\s*;|$)/i.test(contentType ?? '')) return 'content-type';
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : 'body';
  } catch {
    return 'body';
  }
}

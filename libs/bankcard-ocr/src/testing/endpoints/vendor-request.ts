import { LEGAL_ORDER_NO } from '../orders/order-book.js';
import type { JsonObject } from '../response/vendor-response.js';

function endpoint(
  path: string,
  method: 'GET' | 'POST',
  counter: 'accessToken' | 'apiTicket' | 'result' | 'recognition' | 'sibling',
  appId: readonly [onOlderHosts: string, onKyc1?: string],
  orderNo?: string,
) {
  return { path, method, counter, appId, orderNo };
}

/** protocol.md sections 1 and 2; the last two belong to siblings of bank-card OCR, which share its credentials. */
export const ENDPOINTS = {
  access_token: endpoint('/api/oauth2/access_token', 'GET', 'accessToken', ['app_id', 'appId']),
  api_ticket: endpoint('/api/oauth2/api_ticket', 'GET', 'apiTicket', ['app_id', 'appId']),
  getBankCardOcrResult: endpoint('/api/server/getBankCardOcrResult', 'GET', 'result', ['app_id'], 'order_no'),
  bankcardocrapp: endpoint('/api/paas/bankcardocrapp', 'POST', 'recognition', ['webankAppId', 'appId'], 'orderNo'),
  getOcrResult: endpoint('/api/server/getOcrResult', 'GET', 'sibling', ['app_id'], 'order_no'),
  queryfacerecord: endpoint('/api/v2/base/queryfacerecord', 'POST', 'sibling', ['appId'], 'orderNo'),
};

/** The endpoints that the sandbox serves, by their last path segment. */
export type EndpointName = keyof typeof ENDPOINTS;

/** A host of the vendor whose spellings the sandbox insists on; `any` accepts all that are documented somewhere. */
export type HostProfile =
  'any' | 'idasc.webank.com' | 'kyc.qcloud.com' | 'miniprogram-kyc.tencentcloudapi.com' | 'kyc1.qcloud.com';

function namesOfAppId(profile: HostProfile, endpoint: EndpointName): readonly string[] {
  const { method, appId } = ENDPOINTS[endpoint];
  if (profile === 'any') return [...(method === 'GET' ? ['app_id'] : []), 'appId', 'webankAppId'];
  const [older, kyc1 = older] = appId;
  // One page of the time of idasc has another name for the query.
  if (profile === 'idasc.webank.com' && endpoint === 'getBankCardOcrResult') return [older, 'webankAppId'];
  return [profile === 'kyc1.qcloud.com' ? kyc1 : older];
}

export const VERSION = '1.0.0';

/** A nonce as protocol.md section 2 allows it. */
export const LEGAL_NONCE = /^[0-9A-Za-z]{32}$/;

export type VendorRequest = ReturnType<typeof vendorRequest>;

/**
 * One request; its parameters are in the query or, of a POST, in a JSON body. An empty one counts as missing.
 * @param body undefined for a GET; a text says what of the POST cannot be read
 */
export function vendorRequest(
  endpoint: EndpointName,
  query: string,
  profile: HostProfile,
  body?: JsonObject | UnreadableBody,
) {
  const inUrl = new URLSearchParams(query);
  const text = (name: string): string => {
    const value = body === undefined ? inUrl.get(name) : typeof body === 'object' && body[name];
    return typeof value === 'string' ? value : '';
  };
  const nameOfOrderNo = ENDPOINTS[endpoint].orderNo;
  const orderNo = nameOfOrderNo === undefined ? '' : text(nameOfOrderNo);
  const type = endpoint === 'api_ticket' ? text('type') : '';
  const ticketType: 'SIGN' | 'NONCE' | undefined = type === 'SIGN' || type === 'NONCE' ? type : undefined;
  const appId = namesOfAppId(profile, endpoint).map(text).find(Boolean);
  return {
    endpoint,
    appId,
    orderNo,
    /** Empty when it is missing. */
    text,
    lacks: (...names: readonly string[]) => appId === undefined || names.some((name) => text(name) === ''),
    unreadable: typeof body === 'string' ? body : undefined,
    /** Of a member that may be missing: it is there, and no text. */
    isNoText: (name: string) => typeof body === 'object' && typeof (body[name] ?? '') !== 'string',
    ticketType,
    /** Only such may be in the journal. */
    legalOrderNo: LEGAL_ORDER_NO.test(orderNo) ? orderNo : undefined,
    orderNoInUrl: inUrl.get('orderNo') ?? undefined,
    wantsPhotos: text('get_file') === '1',
  };
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

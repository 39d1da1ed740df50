import type { JournalEntry } from '../evidence/evidence.js';
import { type KnownOrder, LEGAL_ORDER_NO } from '../orders/order-book.js';
import { photosOf } from '../photos/photo-set.js';
import type { JsonObject, SandboxResponse } from '../response/vendor-response.js';
import { ENDPOINTS, LEGAL_NONCE, type VendorRequest, VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** Why a request is not accepted; nothing when it is. */
type Refusal = readonly [code: string, detail?: string] | undefined;

/** `GET /api/server/getBankCardOcrResult`: the result of an order (protocol.md sections 1 to 4 and 6). */
export function respondQueryResult(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  const { responses, settings } = vendor;
  const refusal = refuseQuery(vendor, request) ?? refuseSignature(vendor, request, record);
  if (refusal) return responses.failure(...refusal);
  const order = vendor.orders.find(request.text('order_no'), settings.unknownOrders === 'invent');
  if (!order) return responses.failure('66660020');
  if (order.code !== undefined) return responses.failure(order.code);
  const photos = request.wantsPhotos ? vendor.photos.of(order) : undefined;
  const [warnCode, multiWarnCode] = warningTexts(order);
  const { bankCardNo, bankCardValidDate, operateTime } = order;
  const fields = { bankCardNo, bankCardValidDate, warnCode, multiWarnCode, ...photos?.fields, operateTime };
  return { ...resultResponse(vendor, order, fields), waitMs: photos?.waitMs };
}

/** Also of the siblings of bank-card OCR: a POST has the order number in its URL too, and it must be the same one. */
export function refuseQuery(vendor: Vendor, request: VendorRequest): Refusal {
  if (request.unreadable) return ['400101', request.unreadable];
  const { method, orderNo = '' } = ENDPOINTS[request.endpoint];
  if (request.lacks(orderNo, 'nonce', 'version', 'sign')) return ['1', 'a parameter is missing'];
  if (method === 'POST' && request.orderNoInUrl === undefined) return ['1', 'a parameter is missing'];
  const refusal = refuseCommonParameters(vendor, request);
  if (refusal || method === 'GET') return refusal;
  return request.orderNoInUrl === request.orderNo ? undefined : ['400101', 'orderNo'];
}

/** What queries and images have in common. */
function refuseCommonParameters(vendor: Vendor, request: VendorRequest): Refusal {
  if (request.appId !== vendor.appId) {
    vendor.rejected += 1;
    return ['66660001'];
  }
  const orderNo = request.orderNo ?? '';
  if (request.text('version') !== VERSION) return ['400502'];
  if (Buffer.byteLength(orderNo) > 32) return ['66660000'];
  if (!LEGAL_ORDER_NO.test(orderNo)) return ['400101', ENDPOINTS[request.endpoint].orderNo];
  return LEGAL_NONCE.test(request.text('nonce')) ? undefined : ['400101', 'nonce'];
}

/**
 * Check the signature of a query or of an image, and record which ticket made it. Both sign the same values: neither
 * the image nor the user id is signed (protocol.md section 4).
 */
export function refuseSignature(vendor: Vendor, request: VendorRequest, record: JournalEntry): Refusal {
  const values = [vendor.appId, request.orderNo ?? '', VERSION, request.text('nonce')];
  const ticket = vendor.ledger.findSigner('SIGN', request.text('sign'), values);
  record.generation = ticket?.token.generation;
  record.ticket = ticket?.number;
  if (ticket && vendor.ledger.isValid(ticket)) return undefined;
  vendor.rejected += 1;
  return ticket ? [vendor.settings.deadTicketCode] : ['400101', 'sign'];
}

/** 3 MB of Base64 (protocol.md section 2). */
const LONGEST_IMAGE = 3 * 1024 * 1024;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Codes that say something about the card: the image was looked at, which uses the order number up. */
const ABOUT_THE_CARD = /^-90\d\d$/;

/** `POST /api/paas/bankcardocrapp`: recognise an image at once (protocol.md sections 1 to 4 and 6). */
export function respondRecognition(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  const { orders, responses, settings } = vendor;
  const refusal =
    refuseRecognition(vendor, request) ?? refuseSignature(vendor, request, record) ?? refuseImage(request);
  if (refusal) return responses.failure(...refusal);
  const orderNo = request.text('orderNo');
  if (orders.has(orderNo)) {
    vendor.violations.report('order-no-reused');
    return responses.failure('14');
  }
  const image = request.text('bankcardStr');
  const code = orders.codeFor(orderNo) ?? (isPicture(image) ? undefined : '-9013');
  if (code !== undefined && !ABOUT_THE_CARD.test(code)) return responses.failure(code);
  const order = orders.recognize(orderNo, image, code);
  if (code !== undefined) return responses.failure(code);
  // The same as in the response to a query, in this endpoint's own spelling (protocol.md section 3).
  const [warningCode, multiWarningCode] = warningTexts(order);
  const { bankcardNoPhoto } = photosOf('all', settings.photoBytes);
  const card = { bankcardNo: order.bankCardNo, bankcardValidDate: order.bankCardValidDate };
  return resultResponse(vendor, order, { ...card, warningCode, bankcardNoPhoto, multiWarningCode });
}

function refuseRecognition(vendor: Vendor, request: VendorRequest): Refusal {
  if (!request.unreadable && request.lacks('bankcardStr')) return ['1', 'a parameter is missing'];
  const refusal = refuseQuery(vendor, request);
  if (refusal) return refusal;
  return Buffer.byteLength(request.text('userId')) > 32 ? ['400101', 'userId'] : undefined;
}

function refuseImage(request: VendorRequest): Refusal {
  const image = request.text('bankcardStr');
  if (image.length > LONGEST_IMAGE) return ['400601'];
  return image.length % 4 === 0 && BASE64.test(image) ? undefined : ['400101', 'bankcardStr'];
}

/** JPEG, PNG, BMP: what the vendor's sibling API documents (protocol.md section 2). */
const BEGINNINGS = ['ffd8ff', '89504e470d0a1a0a', '424d'];

/** Whether Base64 begins as a picture does. */
function isPicture(base64: string): boolean {
  const beginning = Buffer.from(base64.slice(0, 16), 'base64').toString('hex');
  return BEGINNINGS.some((magic) => beginning.startsWith(magic));
}

/** The nested response of both endpoints; `success` is false even here, as in the official example (section 3: ignore it). */
function resultResponse({ responses }: Vendor, { orderNo, clarity }: KnownOrder, fields: JsonObject): SandboxResponse {
  const { bizSeqNo, transactionTime } = responses.stamp();
  const result = { bizSeqNo, transactionTime, orderNo, ...fields, clarity, success: false };
  return responses.success({ bizSeqNo, result, transactionTime });
}

/** The first warning and the list of all of them, as texts; `0` for none. */
function warningTexts({ warnings }: KnownOrder): [first: string, all: string] {
  return warnings.length === 0 ? ['0', '0'] : [warnings[0]!, `[${warnings.join(',')}]`];
}

/**
 * Report what is wrong with the order number, the nonce and the user id of an OCR request. Done for every one that
 * arrives, also for one that a fault keeps from being carried out: its retry needs a fresh nonce all the same (section 4).
 */
export function inspectOcrRequest(vendor: Vendor, request: VendorRequest): void {
  if (request.orderNo !== undefined) inspectOrderNo(vendor, request.orderNo);
  const nonce = request.parameter('nonce');
  if (nonce !== undefined) inspectNonce(vendor, nonce);
  const userId = request.endpoint === 'bankcardocrapp' ? request.text('userId') : '';
  if (Buffer.byteLength(userId) > 32) vendor.violations.report('illegal-user-id', `${userId.length} characters`);
}

/** Report an illegal order number. */
export function inspectOrderNo({ violations }: Vendor, orderNo: string): void {
  if (!LEGAL_ORDER_NO.test(orderNo)) violations.report('illegal-order-no', `${orderNo.length} characters`);
}

const NONCES_REMEMBERED = 200_000;

/** Report an illegal or reused nonce. Whether the vendor checks for reuse is unknown (section 8): it is only reported. */
export function inspectNonce({ violations, nonces }: Vendor, nonce: string): void {
  if (!LEGAL_NONCE.test(nonce)) violations.report('illegal-nonce', `${nonce.length} characters`);
  else if (nonces.has(nonce)) violations.report('nonce-reused');
  // A sandbox may run for days.
  if (nonces.size >= NONCES_REMEMBERED) nonces.clear();
  nonces.add(nonce);
}

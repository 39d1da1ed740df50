import type { JournalEntry } from '../evidence/evidence.js';
import { type KnownOrder, LEGAL_ORDER_NO } from '../orders/order-book.js';
import { photosOf } from '../photos/photo-set.js';
import { failure, type JsonObject, type SandboxResponse, success } from '../response/vendor-response.js';
import { LEGAL_NONCE, type RecognitionRequest, type VendorRequest, VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** Why a request is not accepted. */
interface Refusal {
  readonly code: string;
  readonly detail?: string;
}

/** `GET /api/server/getBankCardOcrResult`: the result of an order (protocol.md sections 1 to 4 and 6). */
export function respondQueryResult(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  const refusal = refuseQuery(vendor, request) ?? refuseSignature(vendor, request, record);
  if (refusal) return failure(refusal.code, vendor.stamps.next(), refusal.detail);
  const order = vendor.orders.find(request.legalOrderNo ?? '', vendor.settings.unknownOrders === 'invent');
  if (!order) return failure('66660020', vendor.stamps.next());
  if (order.code !== undefined) return failure(order.code, vendor.stamps.next());
  const photos = request.wantsPhotos ? vendor.photos.of(order) : undefined;
  const [warnCode, multiWarnCode] = warningTexts(order);
  const { bankCardNo, bankCardValidDate, operateTime } = order;
  const fields = { bankCardNo, bankCardValidDate, warnCode, multiWarnCode, ...photos?.fields, operateTime };
  return { ...resultResponse(vendor, order, fields), waitMs: photos?.waitMs };
}

function refuseQuery(vendor: Vendor, request: VendorRequest): Refusal | undefined {
  if (request.lacks('order_no', 'nonce', 'version', 'sign')) return { code: '1', detail: 'a parameter is missing' };
  return refuseCommonParameters(vendor, request, 'order_no');
}

/** What queries and images have in common; `orderNoName` is how the order number is spelled. */
function refuseCommonParameters(vendor: Vendor, request: VendorRequest, orderNoName: string): Refusal | undefined {
  if (request.appId !== vendor.appId) {
    vendor.rejected += 1;
    return { code: '66660001' };
  }
  const orderNo = request.orderNo ?? '';
  if (request.text('version') !== VERSION) return { code: '400502' };
  if (Buffer.byteLength(orderNo) > 32) return { code: '66660000' };
  if (!LEGAL_ORDER_NO.test(orderNo)) return { code: '400101', detail: orderNoName };
  return LEGAL_NONCE.test(request.text('nonce')) ? undefined : { code: '400101', detail: 'nonce' };
}

/**
 * Check the signature of a query or of an image, and record which ticket made it. Both sign the same values: neither
 * the image nor the user id is signed (protocol.md section 4).
 */
function refuseSignature(vendor: Vendor, request: VendorRequest, record: JournalEntry): Refusal | undefined {
  const values = [vendor.appId, request.orderNo ?? '', VERSION, request.text('nonce')];
  const ticket = vendor.ledger.findSigner(request.text('sign'), values);
  record.generation = ticket?.token.generation;
  record.ticket = ticket?.number;
  if (ticket && vendor.ledger.isValid(ticket)) return undefined;
  vendor.rejected += 1;
  return ticket ? { code: vendor.settings.deadTicketCode } : { code: '400101', detail: 'sign' };
}

/** 3 MB of Base64 (protocol.md section 2). */
const LONGEST_IMAGE = 3 * 1024 * 1024;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Codes that say something about the card: the image was looked at, which uses the order number up. */
const ABOUT_THE_CARD = /^-90\d\d$/;

/** `POST /api/paas/bankcardocrapp`: recognise an image at once (protocol.md sections 1 to 4 and 6). */
export function respondRecognition(vendor: Vendor, request: RecognitionRequest, record: JournalEntry): SandboxResponse {
  const refusal =
    refuseRecognition(vendor, request) ?? refuseSignature(vendor, request, record) ?? refuseImage(request);
  if (refusal) return failure(refusal.code, vendor.stamps.next(), refusal.detail);
  const orderNo = request.text('orderNo');
  if (vendor.orders.has(orderNo)) {
    const text = 'An image was sent under an order number that has been used; every call wants a new one (section 2).';
    vendor.violations.add({ kind: 'order-no-reused', text });
    return failure('14', vendor.stamps.next());
  }
  const image = request.text('bankcardStr');
  const code = vendor.orders.codeFor(orderNo) ?? (isPicture(image) ? undefined : '-9013');
  if (code !== undefined && !ABOUT_THE_CARD.test(code)) return failure(code, vendor.stamps.next());
  const order = vendor.orders.recognize(orderNo, image, code);
  if (code !== undefined) return failure(code, vendor.stamps.next());
  // The same as in the response to a query, in this endpoint's own spelling (protocol.md section 3).
  const [warningCode, multiWarningCode] = warningTexts(order);
  const { bankcardNoPhoto } = photosOf('all', vendor.settings.photoBytes);
  const { bankCardNo: bankcardNo, bankCardValidDate: bankcardValidDate } = order;
  return resultResponse(vendor, order, {
    bankcardNo,
    bankcardValidDate,
    warningCode,
    bankcardNoPhoto,
    multiWarningCode,
  });
}

function refuseRecognition(vendor: Vendor, request: RecognitionRequest): Refusal | undefined {
  if (request.unreadable === 'too-large') return { code: '400601' };
  if (request.unreadable) return { code: '400101', detail: request.unreadable };
  const isIncomplete = request.lacks('version', 'nonce', 'sign', 'orderNo', 'bankcardStr');
  if (isIncomplete || request.orderNoInUrl === undefined) return { code: '1', detail: 'a parameter is missing' };
  const refusal = refuseCommonParameters(vendor, request, 'orderNo');
  if (refusal) return refusal;
  if (request.orderNoInUrl !== request.orderNo) return { code: '400101', detail: 'orderNo' };
  return Buffer.byteLength(request.text('userId')) > 32 ? { code: '400101', detail: 'userId' } : undefined;
}

function refuseImage(request: RecognitionRequest): Refusal | undefined {
  const image = request.text('bankcardStr');
  if (image.length > LONGEST_IMAGE) return { code: '400601' };
  return image.length % 4 === 0 && BASE64.test(image) ? undefined : { code: '400101', detail: 'bankcardStr' };
}

/** JPEG, PNG, BMP: what the vendor's sibling API documents (protocol.md section 2). */
const BEGINNINGS = ['ffd8ff', '89504e470d0a1a0a', '424d'];

/** Whether Base64 begins as a picture does. */
function isPicture(base64: string): boolean {
  const beginning = Buffer.from(base64.slice(0, 16), 'base64').toString('hex');
  return BEGINNINGS.some((magic) => beginning.startsWith(magic));
}

/** The nested response of both endpoints; `success` is false even here, as in the official example (section 3: ignore it). */
function resultResponse(vendor: Vendor, { orderNo, clarity }: KnownOrder, fields: JsonObject): SandboxResponse {
  const { bizSeqNo, transactionTime } = vendor.stamps.next();
  const result = { bizSeqNo, transactionTime, orderNo, ...fields, clarity, success: false };
  return success({ bizSeqNo, result, transactionTime });
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
  if (Buffer.byteLength(userId) <= 32) return;
  const text = `A user id of ${userId.length} characters is too long (protocol.md section 2).`;
  vendor.violations.add({ kind: 'illegal-user-id', text });
}

/** Report an illegal order number. */
export function inspectOrderNo(vendor: Vendor, orderNo: string): void {
  if (LEGAL_ORDER_NO.test(orderNo)) return;
  const text = `An order number of ${orderNo.length} characters is not 1 to 32 letters and digits (protocol.md section 2).`;
  vendor.violations.add({ kind: 'illegal-order-no', text });
}

/** Report an illegal or reused nonce. Whether the vendor checks for reuse is unknown (section 8): it is only reported. */
export function inspectNonce(vendor: Vendor, nonce: string): void {
  if (!LEGAL_NONCE.test(nonce)) {
    const text = `A nonce of ${nonce.length} characters is not 32 letters and digits (protocol.md section 2).`;
    vendor.violations.add({ kind: 'illegal-nonce', text });
  } else if (vendor.nonces.seenBefore(nonce)) {
    const text = 'A nonce was used before; every request wants a fresh one, retries included (protocol.md section 4).';
    vendor.violations.add({ kind: 'nonce-reused', text });
  }
}

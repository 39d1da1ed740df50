import type { JournalEntry } from '../evidence/evidence.js';
import { type KnownOrder, LEGAL_ORDER_NO } from '../orders/order-book.js';
import { photosOf } from '../photos/photo-set.js';
import { resultResponse, warningTexts } from '../response/result-response.js';
import { failure, type SandboxResponse } from '../response/vendor-response.js';
import { LEGAL_NONCE, type Refusal, refuseSignature } from './query-inspection.js';
import type { RecognitionRequest } from './recognition-request.js';
import { VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** 3 MB of Base64 (protocol.md section 2). */
const LONGEST_IMAGE = 3 * 1024 * 1024;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Codes that say something about the card: the image was looked at, which uses the order number up. */
const ABOUT_THE_CARD = /^-90\d\d$/;

/** `POST /api/paas/bankcardocrapp`: recognise an image at once (protocol.md sections 1 to 4 and 6). */
export function respondRecognition(vendor: Vendor, request: RecognitionRequest, record: JournalEntry): SandboxResponse {
  const refusal = refuseRequest(vendor, request) ?? refuseSignature(vendor, request, record) ?? refuseImage(request);
  if (refusal) return failure(refusal.code, vendor.stamps.stamp(), refusal.detail);
  const orderNo = request.text('orderNo');
  if (vendor.orders.has(orderNo)) {
    const text = 'An image was sent under an order number that has been used; every call wants a new one (section 2).';
    vendor.misuse.add({ kind: 'order-no-reused', text });
    return failure('14', vendor.stamps.stamp());
  }
  const image = request.text('bankcardStr');
  const code = vendor.orders.codeFor(orderNo) ?? (isPicture(image) ? undefined : '-9013');
  if (code !== undefined && !ABOUT_THE_CARD.test(code)) return failure(code, vendor.stamps.stamp());
  const order = vendor.orders.recognize(orderNo, image, code);
  return code === undefined ? resultOf(vendor, order) : failure(code, vendor.stamps.stamp());
}

function refuseRequest(vendor: Vendor, request: RecognitionRequest): Refusal | undefined {
  if (request.bodyFault === 'too-large') return { code: '400601' };
  if (request.bodyFault) return { code: '400101', detail: request.bodyFault };
  const missing = request.lacks('version', 'nonce', 'sign', 'orderNo', 'bankcardStr');
  if (missing || request.orderNoInUrl === undefined) return { code: '1', detail: 'a parameter is missing' };
  if (request.appId !== vendor.appId) {
    vendor.rejected += 1;
    return { code: '66660001' };
  }
  const orderNo = request.text('orderNo');
  if (request.text('version') !== VERSION) return { code: '400502' };
  if (Buffer.byteLength(orderNo) > 32) return { code: '66660000' };
  if (!LEGAL_ORDER_NO.test(orderNo)) return { code: '400101', detail: 'orderNo' };
  if (request.orderNoInUrl !== orderNo) return { code: '400101', detail: 'orderNo' };
  if (!LEGAL_NONCE.test(request.text('nonce'))) return { code: '400101', detail: 'nonce' };
  return Buffer.byteLength(request.text('userId')) > 32 ? { code: '400101', detail: 'userId' } : undefined;
}

function refuseImage(request: RecognitionRequest): Refusal | undefined {
  const image = request.text('bankcardStr');
  if (image.length > LONGEST_IMAGE) return { code: '400601' };
  return image.length % 4 === 0 && BASE64.test(image) ? undefined : { code: '400101', detail: 'bankcardStr' };
}

/** The same things as in the answer to a query, in this endpoint's own spelling (protocol.md section 3). */
function resultOf(vendor: Vendor, order: KnownOrder): SandboxResponse {
  const warnings = warningTexts(order);
  return resultResponse(vendor.stamps.stamp(), order, {
    bankcardNo: order.bankCardNo,
    bankcardValidDate: order.bankCardValidDate,
    warningCode: warnings.first,
    bankcardNoPhoto: photosOf('all', vendor.settings.photoBytes)['bankcardNoPhoto'],
    multiWarningCode: warnings.all,
  });
}

/** JPEG, PNG, BMP: what the vendor's sibling API documents (protocol.md section 2). */
const BEGINNINGS = ['ffd8ff', '89504e470d0a1a0a', '424d'];

/** Whether Base64 begins as a picture does. */
function isPicture(base64: string): boolean {
  const beginning = Buffer.from(base64.slice(0, 16), 'base64').toString('hex');
  return BEGINNINGS.some((magic) => beginning.startsWith(magic));
}

import type { JournalEntry } from '../evidence/evidence.js';
import { type KnownOrder, LEGAL_ORDER_NO, magicOrder } from '../orders/order-book.js';
import { photosOf } from '../photos/photo-set.js';
import { chinaDigits, type JsonObject, type SandboxResponse } from '../response/vendor-response.js';
import { ENDPOINTS, LEGAL_NONCE, type VendorRequest, VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

type Refusal = readonly [code: string, detail?: string] | undefined;

/** `GET /api/server/getBankCardOcrResult`: the result of an order (protocol.md sections 1 to 4 and 6). */
export function respondQueryResult(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  return respondForOrder(vendor, request, record, (order) => {
    const { bankCardNo, bankCardValidDate, operateTime, clarity } = order;
    const { fields, waitMs } = request.wantsPhotos ? vendor.photos.of(order) : { fields: {}, waitMs: 0 };
    const [warnCode, multiWarnCode] = warningTexts(order);
    const card = { bankCardNo, bankCardValidDate, warnCode, multiWarnCode, ...fields, operateTime, clarity };
    return { ...resultResponse(vendor, order, { ...card, success: false }), waitMs };
  });
}

/** `GET /api/server/getOcrResult`: an invented ID card (cloud.tencent.com/document/product/1007/35864). */
export function respondIdCardResult(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  return respondForOrder(vendor, request, record, (order) => {
    const photo = vendor.photos.of(order).fields['originBankcardPhoto'];
    return resultResponse(vendor, order, {
      frontCode: '0',
      backCode: '0',
      name: '张三',
      sex: '男',
      nation: '汉',
      birth: '19900101',
      address: '示例省示例市示例路 1 号',
      idcard: '000000199001010008',
      validDate: '20200101-20400101',
      authority: '示例市公安局',
      ...(request.wantsPhotos && { frontPhoto: photo, backPhoto: photo }),
      operateTime: chinaDigits(vendor.clock.now()),
      success: false,
    });
  });
}

/**
 * `POST /api/v2/base/queryfacerecord` (cloud.tencent.com/document/product/1007/114181). `getFile` is `1` for video and
 * photo, `2` for the photo, `3` for the video.
 */
export function respondFaceRecord(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  return respondForOrder(vendor, request, record, (order) => {
    const getFile = request.text('getFile');
    const photo = vendor.photos.of(order).fields['originBankcardPhoto'];
    const { code, json } = resultResponse(vendor, order, {
      liveRate: '99',
      similarity: '99.0',
      occurredTime: chinaDigits(vendor.clock.now()),
      appId: vendor.appId,
      ...((getFile === '1' || getFile === '2') && { photo }),
      ...((getFile === '1' || getFile === '3') && { video: photo }),
    });
    // A number in the example of this endpoint, a text in the other ones.
    return { code, json: { ...json, code: 0 } };
  });
}

function respondForOrder(
  vendor: Vendor,
  request: VendorRequest,
  record: JournalEntry,
  respond: (order: KnownOrder) => SandboxResponse,
): SandboxResponse {
  const { orders, responses, settings } = vendor;
  const refusal = refuseQuery(vendor, request) ?? refuseSignature(vendor, request, record);
  if (refusal) return responses.failure(...refusal);
  const order = orders.find(request.orderNo ?? '', settings.unknownOrders === 'invent');
  if (!order) return responses.failure('66660020');
  return order.code === undefined ? respond(order) : responses.failure(order.code);
}

function refuseQuery(vendor: Vendor, request: VendorRequest): Refusal {
  if (request.unreadable) return ['400101', request.unreadable];
  const { method, orderNo = '' } = ENDPOINTS[request.endpoint];
  if (request.lacks(orderNo, 'nonce', 'version', 'sign')) return ['1', 'a parameter is missing'];
  if (method === 'POST' && request.orderNoInUrl === undefined) return ['1', 'a parameter is missing'];
  if (request.appId !== vendor.appId) {
    vendor.rejected += 1;
    return ['66660001'];
  }
  const number = request.orderNo ?? '';
  if (request.text('version') !== VERSION) return ['400502'];
  if (Buffer.byteLength(number) > 32) return ['66660000'];
  if (!LEGAL_ORDER_NO.test(number)) return ['400101', orderNo];
  if (!LEGAL_NONCE.test(request.text('nonce'))) return ['400101', 'nonce'];
  return method === 'POST' && request.orderNoInUrl !== number ? ['400101', 'orderNo'] : undefined;
}

/** Neither the image nor the user id is signed (protocol.md section 4). */
function refuseSignature(vendor: Vendor, request: VendorRequest, record: JournalEntry): Refusal {
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

/** `POST /api/paas/bankcardocrapp`: recognize an image at once (protocol.md sections 1 to 4 and 6). */
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
  const magic = magicOrder(orderNo) ?? { orderNo };
  const code = magic.code ?? (isPicture(image) ? undefined : '-9013');
  if (code !== undefined && !ABOUT_THE_CARD.test(code)) return responses.failure(code);
  const order = orders.add({ ...magic, code }, image);
  if (code !== undefined) return responses.failure(code);
  // The same as in the response to a query, in this endpoint's own spelling (protocol.md section 3).
  const [warningCode, multiWarningCode] = warningTexts(order);
  const { bankcardNoPhoto } = photosOf('all', settings.photoBytes);
  const { bankCardNo: bankcardNo, bankCardValidDate: bankcardValidDate, clarity } = order;
  const card = { bankcardNo, bankcardValidDate, warningCode, bankcardNoPhoto, multiWarningCode, clarity };
  return resultResponse(vendor, order, { ...card, success: false });
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

function isPicture(base64: string): boolean {
  const beginning = Buffer.from(base64.slice(0, 16), 'base64').toString('hex');
  return BEGINNINGS.some((magic) => beginning.startsWith(magic));
}

/** The nested response; its `success` is false even here, as in the official examples (section 3: ignore it). */
function resultResponse({ responses }: Vendor, { orderNo }: KnownOrder, fields: JsonObject): SandboxResponse {
  const { bizSeqNo, transactionTime } = responses.stamp();
  const result = { bizSeqNo, transactionTime, orderNo, ...fields };
  return responses.success({ bizSeqNo, result, transactionTime });
}

function warningTexts({ warnings }: KnownOrder): [first: string, all: string] {
  return warnings.length === 0 ? ['0', '0'] : [warnings[0]!, `[${warnings.join(',')}]`];
}

/** Done for every request, also for one that a fault stops: its retry needs a fresh nonce all the same (section 4). */
export function inspectOcrRequest(vendor: Vendor, request: VendorRequest): void {
  inspectValues(vendor, request.orderNo, request.parameter('nonce'));
  const userId = request.endpoint === 'bankcardocrapp' ? request.text('userId') : '';
  if (Buffer.byteLength(userId) > 32) vendor.violations.report('illegal-user-id', `${userId.length} characters`);
}

const NONCES_REMEMBERED = 200_000;

/** Whether the vendor checks for reuse is unknown (section 8): it is only reported. */
export function inspectValues({ violations, nonces }: Vendor, orderNo?: string, nonce?: string): void {
  if (orderNo !== undefined && !LEGAL_ORDER_NO.test(orderNo)) {
    violations.report('illegal-order-no', `${orderNo.length} characters`);
  }
  if (nonce === undefined) return;
  if (!LEGAL_NONCE.test(nonce)) violations.report('illegal-nonce', `${nonce.length} characters`);
  else if (nonces.has(nonce)) violations.report('nonce-reused');
  // A sandbox may run for days.
  if (nonces.size >= NONCES_REMEMBERED) nonces.clear();
  nonces.add(nonce);
}

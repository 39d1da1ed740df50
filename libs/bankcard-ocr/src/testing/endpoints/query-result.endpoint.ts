import { resultResponse, warningTexts } from '../response/result-response.js';
import { failure, type JsonObject, type SandboxResponse } from '../response/vendor-response.js';
import type { JournalEntry } from '../evidence/evidence.js';
import { type KnownOrder, LEGAL_ORDER_NO } from '../orders/order-book.js';
import { LEGAL_NONCE, type Refusal, refuseSignature } from './query-inspection.js';
import { type VendorRequest, VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** `GET /api/server/getBankCardOcrResult`: the result of an order (protocol.md sections 1 to 4 and 6). */
export function respondQueryResult(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  const refusal = refuseRequest(vendor, request) ?? refuseSignature(vendor, request, record);
  if (refusal) return failure(refusal.code, vendor.stamps.stamp(), refusal.detail);
  const orderNo = request.legalOrderNo ?? '';
  const order = vendor.orders.find(orderNo, vendor.settings.unknownOrders === 'invent');
  if (!order) return failure('66660020', vendor.stamps.stamp());
  if (order.code !== undefined) return failure(order.code, vendor.stamps.stamp());
  if (!request.wantsPhotos) return resultOf(vendor, order, {});
  const files = vendor.lateFiles.of(order);
  return { ...resultOf(vendor, order, files.fields), waitMs: files.waitMs };
}

/** Why the request itself is not accepted; undefined when it is. */
function refuseRequest(vendor: Vendor, request: VendorRequest): Refusal | undefined {
  if (request.lacks('order_no', 'nonce', 'version', 'sign')) return { code: '1', detail: 'a parameter is missing' };
  if (request.appId !== vendor.appId) {
    vendor.rejected += 1;
    return { code: '66660001' };
  }
  const orderNo = request.text('order_no');
  if (request.text('version') !== VERSION) return { code: '400502' };
  if (Buffer.byteLength(orderNo) > 32) return { code: '66660000' };
  if (!LEGAL_ORDER_NO.test(orderNo)) return { code: '400101', detail: 'order_no' };
  return LEGAL_NONCE.test(request.text('nonce')) ? undefined : { code: '400101', detail: 'nonce' };
}

function resultOf(vendor: Vendor, order: KnownOrder, photos: JsonObject): SandboxResponse {
  const warnings = warningTexts(order);
  return resultResponse(vendor.stamps.stamp(), order, {
    bankCardNo: order.bankCardNo,
    bankCardValidDate: order.bankCardValidDate,
    warnCode: warnings.first,
    multiWarnCode: warnings.all,
    ...photos,
    operateTime: order.operateTime,
  });
}

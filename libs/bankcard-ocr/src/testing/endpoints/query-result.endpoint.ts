import type { JsonObject, VendorAnswer } from '../answer/vendor-answer.js';
import { failure, success } from '../answer/vendor-answer.js';
import type { JournalEntry } from '../evidence/journal.js';
import type { KnownOrder } from '../orders/order-book.js';
import { LEGAL_ORDER_NO } from '../orders/order-book.js';
import { LEGAL_NONCE } from './query-inspection.js';
import type { VendorRequest } from './vendor-request.js';
import { VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** `GET /api/server/getBankCardOcrResult`: the result of an order (protocol.md sections 1 to 4 and 6). */
export function answerQueryResult(vendor: Vendor, request: VendorRequest, record: JournalEntry): VendorAnswer {
  const refusal = refuse(vendor, request, record);
  if (refusal) return refusal;
  const orderNo = request.legalOrderNo ?? '';
  const order = vendor.orders.find(orderNo, vendor.settings.unknownOrders === 'invent');
  if (!order) return failure('66660020', vendor.stamps.stamp());
  if (order.code !== undefined) return failure(order.code, vendor.stamps.stamp());
  if (!request.wantsPhotos) return resultOf(vendor, order, {});
  const files = vendor.lateFiles.of(order);
  return { ...resultOf(vendor, order, files.fields), waitMs: files.waitMs };
}

/** Why the request itself is not accepted; undefined when it is. */
function refuse(vendor: Vendor, request: VendorRequest, record: JournalEntry): VendorAnswer | undefined {
  const stamp = vendor.stamps.stamp();
  if (request.lacks('order_no', 'nonce', 'version', 'sign')) return failure('1', stamp, 'a parameter is missing');
  if (request.appId !== vendor.appId) {
    vendor.rejected += 1;
    return failure('66660001', stamp);
  }
  const orderNo = request.text('order_no');
  const nonce = request.text('nonce');
  if (request.text('version') !== VERSION) return failure('400502', stamp);
  if (Buffer.byteLength(orderNo) > 32) return failure('66660000', stamp);
  if (!LEGAL_ORDER_NO.test(orderNo)) return failure('400101', stamp, 'order_no');
  if (!LEGAL_NONCE.test(nonce)) return failure('400101', stamp, 'nonce');

  const signed = vendor.ledger.whoSigned(request.text('sign'), [vendor.appId, orderNo, VERSION, nonce]);
  record.generation = signed?.ticket.token.generation;
  record.ticket = signed?.ticket.number;
  if (signed?.alive) return undefined;
  vendor.rejected += 1;
  return signed ? failure(vendor.settings.deadTicketCode, stamp) : failure('400101', stamp, 'sign');
}

/** The nested answer; `success` is false even here, as in the official example (protocol.md section 3: ignore it). */
function resultOf(vendor: Vendor, order: KnownOrder, photos: JsonObject): VendorAnswer {
  const { bizSeqNo, transactionTime } = vendor.stamps.stamp();
  const [firstWarning = '0'] = order.warnings;
  return success({
    bizSeqNo,
    result: {
      bizSeqNo,
      transactionTime,
      orderNo: order.orderNo,
      bankCardNo: order.bankCardNo,
      bankCardValidDate: order.bankCardValidDate,
      warnCode: firstWarning,
      multiWarnCode: order.warnings.length === 0 ? '0' : `[${order.warnings.join(',')}]`,
      ...photos,
      operateTime: order.operateTime,
      clarity: order.clarity,
      success: false,
    },
    transactionTime,
  });
}

import type { JournalEntry } from '../evidence/evidence.js';
import { chinaDigits, type JsonObject, type SandboxResponse } from '../response/vendor-response.js';
import { refuseQuery, refuseSignature } from './ocr.endpoints.js';
import type { VendorRequest } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/**
 * `GET /api/server/getOcrResult`: the result of an ID card (cloud.tencent.com/document/product/1007/35864). Any order that
 * the sandbox knows has one; the person is invented, in an area that no ID number has.
 */
export function respondIdCardResult(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  return respondSibling(vendor, request, record, (orderNo, photo) => ({
    frontCode: '0',
    backCode: '0',
    orderNo,
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
  }));
}

/**
 * `POST /api/v2/base/queryfacerecord`: the record of a face verification (cloud.tencent.com/document/product/1007/114181).
 * `getFile` is `1` for video and photo, `2` for the photo, `3` for the video.
 */
export function respondFaceRecord(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  const getFile = request.text('getFile');
  const { json, ...response } = respondSibling(vendor, request, record, (orderNo, photo) => ({
    orderNo,
    liveRate: '99',
    similarity: '99.0',
    occurredTime: chinaDigits(vendor.clock.now()),
    appId: vendor.appId,
    ...((getFile === '1' || getFile === '2') && { photo }),
    ...((getFile === '1' || getFile === '3') && { video: photo }),
  }));
  // A number in the example of this endpoint, a text in the other ones.
  return { ...response, json: response.code === '0' ? { ...json, code: 0 } : json };
}

function respondSibling(
  vendor: Vendor,
  request: VendorRequest,
  record: JournalEntry,
  result: (orderNo: string, photo: unknown) => JsonObject,
): SandboxResponse {
  const { orders, photos, responses, settings } = vendor;
  const refusal = refuseQuery(vendor, request) ?? refuseSignature(vendor, request, record);
  if (refusal) return responses.failure(...refusal);
  const order = orders.find(request.orderNo ?? '', settings.unknownOrders === 'invent');
  if (!order) return responses.failure('66660020');
  if (order.code !== undefined) return responses.failure(order.code);
  const { fields } = photos.of(order);
  const { bizSeqNo, transactionTime } = responses.stamp();
  const content = { bizSeqNo, transactionTime, ...result(order.orderNo, fields['originBankcardPhoto']) };
  return responses.success({ bizSeqNo, result: content, transactionTime });
}

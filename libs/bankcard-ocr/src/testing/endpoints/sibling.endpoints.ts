import type { JournalEntry } from '../evidence/evidence.js';
import { deliverPhotos } from '../photos/photo-set.js';
import { chinaDigits, type SandboxResponse } from '../response/vendor-response.js';
import { orderOf, resultResponse } from './ocr.endpoints.js';
import type { VendorRequest } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** `GET /api/server/getOcrResult`: an invented ID card (cloud.tencent.com/document/product/1007/35864). */
export function respondIdCardResult(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  const order = orderOf(vendor, request, record);
  const photo = deliverPhotos(vendor, order).fields['originBankcardPhoto'];
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
}

/**
 * `POST /api/v2/base/queryfacerecord` (cloud.tencent.com/document/product/1007/114181). `getFile` is `1` for video and
 * photo, `2` for the photo, `3` for the video.
 */
export function respondFaceRecord(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  const order = orderOf(vendor, request, record);
  const getFile = request.text('getFile');
  const photo = deliverPhotos(vendor, order).fields['originBankcardPhoto'];
  const { json } = resultResponse(vendor, order, {
    liveRate: '99',
    similarity: '99.0',
    occurredTime: chinaDigits(vendor.clock.now()),
    appId: vendor.appId,
    ...((getFile === '1' || getFile === '2') && { photo }),
    ...((getFile === '1' || getFile === '3') && { video: photo }),
  });
  // A number in the example of this endpoint, a text in the other ones.
  return { json: { ...json, code: 0 } };
}

import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { CardPhoto, PhotoKind } from '../card/card-photo.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';

/** Undefined when it has not come (`photos.status` says why). @throws `PHOTO_DAMAGED`, `RESULT_GONE` */
export function photoOf({ photos, bizSeqNo }: BankCardOcrResult, kind: PhotoKind): CardPhoto | undefined {
  const photo = photos[kind];
  if (photo) return photo;
  if (photos.damaged.includes(kind)) {
    throw new BankCardOcrError('PHOTO_DAMAGED', {
      message: `the photo '${kind}' did not come as readable Base64: query it again`,
      messageZh: `照片 '${kind}' 数据损坏，请重新查询`,
      bizSeqNo,
    });
  }
  if (photos.status !== 'gone') return undefined;
  throw new BankCardOcrError('RESULT_GONE', {
    message: 'Tencent no longer keeps the photos of this order',
    messageZh: '该订单的照片已超过保存期限',
    bizSeqNo,
  });
}

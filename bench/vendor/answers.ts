import { PHOTO_ANSWER_BYTES, type PhotoSize } from './photo-size.js';
import { createPhotos } from './photos.js';

/** An answer in two parts; the order number that was asked for stands between them. */
export interface PreparedAnswer {
  readonly before: Buffer;
  readonly after: Buffer;
}

const ORDER_MARK = '@@order@@';

// The vendor answers in Chinese: a single such character doubles what an 8 MB string takes in memory.
const COMMON = { code: '0', msg: '请求成功', bizSeqNo: '21062120001184412617492807497465' };

/** An answer without photos. */
export const SMALL_ANSWER = prepare({});

/** The answers with photos. */
export const PHOTO_ANSWERS: Record<PhotoSize, PreparedAnswer> = {
  T: preparePhotos(PHOTO_ANSWER_BYTES.T),
  M: preparePhotos(PHOTO_ANSWER_BYTES.M),
  L: preparePhotos(PHOTO_ANSWER_BYTES.L),
};

/** A new token; no two are alike. */
export function tokenAnswer(serial: number): Buffer {
  const token = { access_token: String(serial).padStart(90, 'A'), expire_in: 7200 };
  return Buffer.from(JSON.stringify({ ...COMMON, transactionTime: '20240726143638', success: true, ...token }));
}

/** A new SIGN ticket; no two are alike. */
export function ticketAnswer(serial: number): Buffer {
  const tickets = [{ value: String(serial).padStart(64, 'B'), expire_in: 3600, expire_time: '20240726153839' }];
  return Buffer.from(JSON.stringify({ ...COMMON, transactionTime: '20240726143840', success: true, tickets }));
}

function preparePhotos(jsonBytes: number): PreparedAnswer {
  const { original, crop, number } = createPhotos(jsonBytes);
  return prepare({
    bankcardCropPhoto: crop.toString('base64'),
    bankcardNoPhoto: number.toString('base64'),
    originBankcardPhoto: original.toString('base64'),
  });
}

function prepare(photos: Record<string, string>): PreparedAnswer {
  const result = {
    bizSeqNo: COMMON.bizSeqNo,
    transactionTime: '20210621174928',
    orderNo: ORDER_MARK,
    bankCardNo: '6225760079930218',
    bankCardValidDate: '12/2034',
    warnCode: '0',
    multiWarnCode: '0',
    operateTime: '2021-06-21 17:40:06',
    clarity: '79',
    success: false,
    ...photos,
  };
  const json = JSON.stringify({ ...COMMON, result, transactionTime: '20210621174928' });
  const mark = json.indexOf(ORDER_MARK);
  return {
    before: Buffer.from(json.slice(0, mark)),
    after: Buffer.from(json.slice(mark + ORDER_MARK.length)),
  };
}

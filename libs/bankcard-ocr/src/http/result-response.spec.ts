import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { CardNumber } from '../card/card-number.js';
import { CardPhoto } from '../card/card-photo.js';
import { ExtraFields } from '../card/extra-fields.js';
import { BankCardOcrResponseDto } from './response.dto.js';

const RESULT: BankCardOcrResult = {
  orderNo: 'order1',
  cardNumber: new CardNumber('6222021234567890128'),
  validity: { raw: '12/2024', month: 12, year: 2024, expired: true },
  warnings: [{ code: '-9113', en: 'a photocopy', zh: '银行卡复印件' }],
  operatedAt: new Date('2021-06-21T09:40:06Z'),
  clarity: 79,
  photos: {
    status: 'complete',
    original: new CardPhoto('original', Buffer.from('a-private-picture')),
    numberStrip: new CardPhoto('numberStrip', Buffer.from('a-private-strip')),
    damaged: [],
  },
  retention: { endsAt: new Date('2021-06-24T09:40:06Z'), remainingMs: 5 },
  bizSeqNo: '21062120001184412617492807497465',
  vendorMessage: '请求成功',
  extra: new ExtraFields([['holder', 'a-private-name']]),
};

describe('BankCardOcrResponseDto.from', () => {
  it('takes what may be answered, and nothing else', () => {
    const text = JSON.stringify(BankCardOcrResponseDto.from(RESULT));
    expect(JSON.parse(text)).toEqual({
      orderNo: 'order1',
      cardNumber: '622202*********0128',
      validity: { raw: '12/2024', month: 12, year: 2024 },
      expired: true,
      warnings: [{ code: '-9113', en: 'a photocopy', zh: '银行卡复印件' }],
      clarity: 79,
      operatedAt: '2021-06-21T09:40:06.000Z',
      photos: { status: 'complete', available: ['original', 'numberStrip'] },
      retentionEndsAt: '2021-06-24T09:40:06.000Z',
      bizSeqNo: '21062120001184412617492807497465',
    });
    expect(text).not.toContain('private');
  });

  it('leaves out what the vendor did not say', () => {
    const { orderNo, cardNumber, extra } = RESULT;
    const dto = BankCardOcrResponseDto.from({
      ...{ orderNo, cardNumber, extra },
      validity: { raw: '' },
      warnings: [],
      photos: { status: 'absent', damaged: [] },
    });
    expect(JSON.parse(JSON.stringify(dto))).toEqual({
      orderNo: 'order1',
      cardNumber: '622202*********0128',
      validity: { raw: '' },
      warnings: [],
      photos: { status: 'absent', available: [] },
    });
  });
});

import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { CardNumber } from '../card/card-number.js';
import { CardPhoto, type CardPhotos, PHOTO_KINDS } from '../card/card-photo.js';
import { ExtraFields } from '../card/extra-fields.js';
import { photoOf } from './photo-of.js';

const bizSeqNo = '21062120001184412617492807497465';

function resultWith(photos: CardPhotos): BankCardOcrResult {
  const cardNumber = new CardNumber('6222021234567890128');
  const extra = new ExtraFields();
  return { orderNo: 'order1', cardNumber, validity: { raw: '' }, warnings: [], photos, extra, bizSeqNo };
}

describe('photoOf', () => {
  it.each(PHOTO_KINDS)('gives %s when it came, whatever happened to the others', (kind) => {
    const photo = new CardPhoto(kind, Buffer.from('bytes'));
    const damaged = PHOTO_KINDS.filter((other) => other !== kind);
    expect(photoOf(resultWith({ status: 'complete', damaged, [kind]: photo }), kind)).toBe(photo);
  });

  it.each(['absent', 'pending', 'complete'] as const)('gives nothing when it has not come: %s', (status) => {
    expect(photoOf(resultWith({ status, damaged: [] }), 'crop')).toBeUndefined();
  });

  it('throws for a damaged one, and for that one only', () => {
    const result = resultWith({ status: 'complete', damaged: ['crop'] });
    const failure = { code: 'PHOTO_DAMAGED', actor: 'vendor', retryable: true, bizSeqNo };
    expect(() => photoOf(result, 'crop')).toThrow(
      expect.objectContaining({ ...failure, message: expect.stringContaining("'crop'") }),
    );
    expect(photoOf(result, 'numberStrip')).toBeUndefined();
  });

  it.each(PHOTO_KINDS)('throws for %s when Tencent no longer keeps any', (kind) => {
    const failure = { code: 'RESULT_GONE', retryable: false, bizSeqNo };
    expect(() => photoOf(resultWith({ status: 'gone', damaged: [] }), kind)).toThrow(expect.objectContaining(failure));
  });
});

import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { CardNumber } from '../card/card-number.js';
import { CardPhoto, type CardPhotos } from '../card/card-photo.js';
import { ExtraFields } from '../card/extra-fields.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { checkRecognizedAt, goneFor, retentionOf, addRetention } from './retention.js';

const NOW = Date.parse('2026-01-05T12:00:00Z');
const RETENTION = 1_000;

const before = (ms: number): Date => new Date(NOW - ms);
const facts = (recognizedAt?: Date, assumedVendorRetentionMs = RETENTION) => ({
  assumedVendorRetentionMs,
  nowMs: NOW,
  recognizedAt,
});

function resultWith(status: CardPhotos['status'], operatedAt?: Date, photos?: Partial<CardPhotos>): BankCardOcrResult {
  return {
    orderNo: 'order1',
    cardNumber: new CardNumber('6222021234567890128'),
    validity: { raw: '' },
    warnings: [],
    photos: { status, damaged: [], ...photos },
    extra: new ExtraFields(),
    ...(operatedAt === undefined ? {} : { operatedAt }),
  };
}

describe('the time that the vendor keeps a result', () => {
  it.each<[string, Date, number, number]>([
    ['just recognized', before(0), NOW + 1_000, 1_000],
    ['recognized a while ago', before(400), NOW + 600, 600],
    ['about to end', before(999), NOW + 1, 1],
    ['over', before(1_000), NOW, 0],
    ['long over', before(5_000), NOW - 4_000, 0],
    ['recognized in the future, by another clock', before(-60_000), NOW + 1_000, 1_000],
  ])('%s', (_name, recognizedAt, endsAt, remainingMs) => {
    expect(retentionOf(facts(recognizedAt))).toEqual({ endsAt: new Date(endsAt), remainingMs });
  });

  it('is not known without a time of recognition', () => {
    expect(retentionOf(facts())).toBeUndefined();
    expect(addRetention(resultWith('absent'), facts())).not.toHaveProperty('retention');
  });

  it('may be longer than dates reach, and still be told', () => {
    const retention = retentionOf(facts(before(0), Number.MAX_VALUE));
    expect(retention?.endsAt.toISOString()).toBe('+275760-09-13T00:00:00.000Z');
  });

  it("counts from the vendor's own time, where there is one", () => {
    expect(addRetention(resultWith('absent', before(100)), facts(before(900))).retention?.remainingMs).toBe(900);
    expect(addRetention(resultWith('absent'), facts(before(900))).retention?.remainingMs).toBe(100);
  });
});

describe('photos of a result', () => {
  it.each<[CardPhotos['status'], Date | undefined, CardPhotos['status']]>([
    ['pending', before(1_001), 'gone'],
    ['pending', before(999), 'pending'],
    ['pending', before(-5_000), 'pending'],
    ['pending', undefined, 'pending'],
    ['absent', before(5_000), 'absent'],
    ['complete', before(5_000), 'complete'],
  ])('that are %s, recognized at %p, are %s', (status, operatedAt, expected) => {
    const crop = new CardPhoto('crop', Buffer.from('bytes'));
    const result = resultWith(status, operatedAt, status === 'complete' ? { crop, damaged: ['numberStrip'] } : {});
    expect(addRetention(result, facts()).photos).toEqual({ ...result.photos, status: expected });
  });
});

describe('an order without a result', () => {
  const notFound = new BankCardOcrError('ORDER_NOT_FOUND', {
    ...{ vendorCode: '66660020', vendorMessage: 'no such order', bizSeqNo: '21062120001184412617492807497465' },
  });

  it.each([undefined, before(0), before(999), before(-5_000)])('recognized at %p may still get one', (recognizedAt) => {
    expect(goneFor(notFound, facts(recognizedAt))).toBeUndefined();
  });

  it('is gone when it was recognized too long ago, and keeps what the vendor said', () => {
    const { vendorCode, vendorMessage, bizSeqNo } = notFound;
    expect(goneFor(notFound, facts(before(1_001)))).toMatchObject({
      ...{ code: 'RESULT_GONE', retryable: false, cause: notFound, vendorCode, vendorMessage, bizSeqNo },
      message: expect.stringMatching(/no longer keeps.*1000 ms ago \(recognizedAt, assumedVendorRetentionMs\)/),
    });
  });
});

describe('recognizedAt', () => {
  it.each([undefined, new Date(0), before(0)])('may be %p', (value) => {
    expect(() => checkRecognizedAt(value)).not.toThrow();
  });

  it.each([null, NOW, '2026-01-05', new Date(NaN), { getTime: () => NOW }])('cannot be %p', (value) => {
    expect(() => checkRecognizedAt(value)).toThrow(/^recognizedAt must be a valid Date/);
  });
});

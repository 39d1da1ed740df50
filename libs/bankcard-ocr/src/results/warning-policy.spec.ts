import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { CardNumber } from '../card/card-number.js';
import { CardPhoto } from '../card/card-photo.js';
import { ExtraFields } from '../card/extra-fields.js';
import { WARNING_TEXTS, warningText } from '../errors/vendor-codes.js';
import type { WarningPolicy } from '../options/bankcard-ocr.options.js';
import { applyWarningPolicy, CardRejectedError, warningPolicyOf } from './warning-policy.js';

function cardWith(...codes: string[]): BankCardOcrResult {
  return {
    orderNo: 'order1',
    cardNumber: new CardNumber('6222021234567890128'),
    validity: { raw: '' },
    warnings: codes.map((code) => ({ code, ...warningText(code) })),
    photos: { status: 'complete', damaged: [], crop: new CardPhoto('crop', Buffer.from('a private picture')) },
    extra: new ExtraFields([['holder', 'a private name']]),
    vendorMessage: 'canary of the vendor',
  };
}

function rejectedBy(policy: WarningPolicy, card: BankCardOcrResult): string[] {
  try {
    applyWarningPolicy(card, policy);
    return [];
  } catch (error) {
    if (error instanceof CardRejectedError) return error.warnings.map(({ code }) => code);
    throw error;
  }
}

const EVERY = [...Object.keys(WARNING_TEXTS), '31415926'];

describe('a policy about warnings', () => {
  it.each<[WarningPolicy, string[]]>([
    ['report', []],
    ['strict', ['-9113', '-9114', '66661009']],
    [() => 'accept', []],
    [() => 'reject', EVERY],
    [({ code }) => (code === '-9110' ? 'reject' : 'accept'), ['-9110']],
  ])('%p', (policy, rejected) => {
    expect(rejectedBy(policy, cardWith(...EVERY)).toSorted()).toEqual(rejected.toSorted());
    expect(rejectedBy(policy, cardWith())).toEqual([]);
  });

  it.each([undefined, null, 'lenient', 5, {}])('that is %p lets no card with a warning pass', (policy) => {
    expect(() => applyWarningPolicy(cardWith('-9110'), policy as WarningPolicy)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  it('that throws is told apart, and its error kept', () => {
    const cause = new Error('a mistake');
    const policy = (): never => {
      throw cause;
    };
    expect(() => applyWarningPolicy(cardWith('-9110'), policy)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', cause }),
    );
  });
});

describe('the policy of a call', () => {
  const decide: WarningPolicy = () => 'accept';

  it.each<[unknown, WarningPolicy]>([
    [undefined, 'strict'],
    ['', 'strict'],
    ['report', 'report'],
    ['strict', 'strict'],
    [decide, decide],
  ])('%p over that of the module', (call, expected) => {
    expect(warningPolicyOf(call, 'strict')).toBe(expected);
  });

  it.each([null, 'Strict', true, {}, ['strict']])('cannot be %p', (call) => {
    expect(() => warningPolicyOf(call, 'report')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', messageZh: expect.stringContaining('warningPolicy') }),
    );
  });
});

describe('the error of a rejected card', () => {
  it('takes only what may be kept, and nothing that is undefined', () => {
    const error = new CardRejectedError(cardWith('-9113'), cardWith('-9113').warnings);
    expect(Object.keys(error.card)).toEqual(['orderNo', 'cardNumber', 'validity', 'warnings']);
    expect(JSON.stringify(error)).not.toMatch(/private|canary/);
    expect(error).not.toHaveProperty('bizSeqNo');
    expect(error.name).toBe('CardRejectedError');
  });
});

import { inspect } from 'node:util';
import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { readEnvelope } from './envelope.js';
import { ResultResponseReader } from './incremental/result-response.reader.js';
import { JsonResponseReader } from './json-response.js';
import { PhotoBuffers } from './photo-buffers.js';
import { readResultResponse } from './result-response.js';

const NOW = Date.parse('2026-03-10T12:00:00+08:00');
const PAN = '6222021234567890128';
const ORDER = 'bankcardPic5923ab9a3bc34488b51';

function read(body: object | string, photos = false, orderNo = ORDER) {
  const kept = new PhotoBuffers();
  const reader = photos ? new ResultResponseReader(kept) : new JsonResponseReader();
  void reader.write(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  const json = reader.end();
  const arrived = reader instanceof ResultResponseReader ? { arrivals: reader.arrivals, kept: kept.photos } : undefined;
  return readResultResponse(json, readEnvelope(json, []), { orderNo, photos: arrived, nowMs: NOW });
}

/** protocol.md section 3, character by character. */
const OFFICIAL_QUERY = `{"code":"0","msg":"...","bizSeqNo":"21062120001184412617492807497465",
                   "result":{"bizSeqNo":"21062120001184412617492807497465","transactionTime":"20210621174928",
                     "orderNo":"bankcardPic5923ab9a3bc34488b51","bankCardNo":"xxxxxxxxxxxxxxxxxxx","bankCardValidDate":"12/2024",
                     "warnCode":"0","multiWarnCode":"0","operateTime":"2021-06-21 17:40:06","clarity":"79","success":false},
                   "transactionTime":"20210621174928"}`;
const OFFICIAL_RECOGNITION = `{"code":"0","msg":"...","bizSeqNo":"21062120001184436317400509484816",
                   "result":{"bizSeqNo":"21062120001184436317400509484816","transactionTime":"20210621174006",
                     "orderNo":"bankcardPic5923ab9a3bc34488b51","bankcardNo":"xxxxxxxxxxxxxxxxxxx","bankcardValidDate":"12/2024",
                     "warningCode":"0","bankcardNoPhoto":"/9j/4AAQ","multiWarningCode":"0","clarity":"79","success":false},
                   "transactionTime":"20210621174006"}`;

describe("the vendor's own examples", () => {
  it('the query', () => {
    const result = read(OFFICIAL_QUERY);
    expect(result).toMatchObject({
      orderNo: ORDER,
      validity: { raw: '12/2024', month: 12, year: 2024, expired: true },
      warnings: [],
      clarity: 79,
      photos: { status: 'absent', damaged: [] },
      bizSeqNo: '21062120001184412617492807497465',
      vendorMessage: '...',
    });
    expect(result.operatedAt?.toISOString()).toBe('2021-06-21T09:40:06.000Z');
    expect(result.cardNumber.reveal()).toBe('xxxxxxxxxxxxxxxxxxx');
    expect(result.extra.names()).toEqual([]);
  });

  it('the direct recognition', () => {
    const result = read(OFFICIAL_RECOGNITION, true);
    expect(result).toMatchObject({ clarity: 79, warnings: [], validity: { month: 12, year: 2024 } });
    expect(result.cardNumber.masked).toBe('xxxxxx*********xxxx');
    expect(result.photos).toMatchObject({ status: 'complete', numberStrip: { mediaType: 'image/jpeg', size: 6 } });
    expect(result.operatedAt).toBeUndefined();
  });
});

const FIELDS = {
  bankCardNo: PAN,
  bankCardValidDate: '09/2031',
  warnCode: '-9113',
  multiWarnCode: '[-9113]',
  clarity: '79',
};
const ALIASES = {
  bankcardNo: PAN,
  bankcardValidDate: '09/2031',
  warningCode: '-9113',
  multiWarningCode: '[-9113]',
  clarity: 79,
};

describe('every dialect gives the same result', () => {
  it.each<[string, object]>([
    ['nested', { code: '0', result: FIELDS }],
    ['flat', { code: '0', ...FIELDS }],
    ['a numeric code', { code: 0, result: FIELDS }],
    ['the aliases, nested', { code: '0', result: ALIASES }],
    ['the aliases, flat', { code: '0', ...ALIASES }],
    ['flat beside an empty result', { code: '0', result: {}, ...FIELDS }],
    ['flat beside a result that is null', { code: '0', result: null, ...FIELDS }],
    ['flat beside a result that is an array', { code: '0', result: [], ...FIELDS }],
    ['nested wins over flat', { code: '0', bankCardNo: '4111111111111111', warnCode: '-9110', result: FIELDS }],
    ['nested that is empty does not', { code: '0', bankCardNo: PAN, result: { ...FIELDS, bankCardNo: '' } }],
    ['the first spelling that says something', { code: '0', result: { bankcardNo: null, ...FIELDS } }],
    ['other letter case', { code: '0', result: { ...FIELDS, bankCardNo: '', BANKCARDNO: PAN } }],
    ['success true', { code: '0', success: true, result: { ...FIELDS, success: true } }],
    ['success false', { code: '0', success: false, result: { ...FIELDS, success: false } }],
    ['warnings in one field only', { code: '0', result: { ...FIELDS, warnCode: '0' } }],
    ['no multiWarnCode', { code: '0', result: { ...FIELDS, multiWarnCode: undefined } }],
    ['a card number in groups', { code: '0', result: { ...FIELDS, bankCardNo: ' 6222 0212 3456 7890 128 ' } }],
    ['no order number', { code: '0', result: { ...FIELDS, orderNo: undefined } }],
    ['the order number in several spellings', { code: '0', ORDER_NO: ORDER, result: { ...FIELDS, orderno: ORDER } }],
  ])('%s', (_dialect, body) => {
    const result = read(body);
    expect(result.cardNumber.reveal()).toBe(PAN);
    expect(result).toMatchObject({
      orderNo: ORDER,
      validity: { raw: '09/2031', month: 9, year: 2031, expired: false },
      warnings: [{ code: '-9113' }],
      clarity: 79,
    });
  });

  it('fields that may be missing', () => {
    expect(read({ code: '0', result: { bankCardNo: PAN } })).toEqual({
      orderNo: ORDER,
      cardNumber: expect.anything(),
      validity: { raw: '' },
      warnings: [],
      photos: { status: 'absent', damaged: [] },
      extra: expect.anything(),
    });
  });

  it('left-overs of the ID-card page, and whatever will come, are kept aside', () => {
    const { extra, warnings } = read({
      code: '0',
      future: 'x',
      result: {
        ...FIELDS,
        resultCode: '0',
        frontCode: '-1',
        frontWarnCode: '-9110',
        backWarnCode: '',
        list: [1],
        o: {},
      },
    });
    expect(extra.names().sort()).toEqual(['backWarnCode', 'frontCode', 'frontWarnCode', 'future', 'resultCode']);
    expect(warnings.map(({ code }) => code)).toEqual(['-9113']);
  });

  it.each<[unknown, number | undefined]>([
    ['79', 79],
    [79, 79],
    ['79.5', 79.5],
    ['0', 0],
    ['', undefined],
    [' ', undefined],
    ['high', undefined],
    ['Infinity', undefined],
    [null, undefined],
    [true, undefined],
    [[79], undefined],
  ])('clarity %p is %p', (clarity, expected) => {
    expect(read({ code: '0', result: { ...FIELDS, clarity } }).clarity).toBe(expected);
  });

  it.each([PAN, '6222 0212 3456 7890 128', 'x'.repeat(200_000), `12/2024 ${'y'.repeat(40)}`])(
    'a validity that is something else is not shown (%.30s)',
    (bankCardValidDate) => {
      const { validity } = read({ code: '0', result: { ...FIELDS, bankCardValidDate } });
      expect(validity).toEqual({ raw: expect.stringMatching(/^(622202\*{9}0128|12\/2024 \[redacted\]|…)$/) });
    },
  );

  it('nothing of the card is printed', () => {
    const result = read({ code: '0', result: { ...FIELDS, bankName: PAN, bankcardNoPhoto: 'Q0FOQVJZ' } }, true);
    const shown = inspect(result, { depth: Infinity, showHidden: true }) + JSON.stringify(result);
    for (const canary of [PAN, 'Q0FOQVJZ', 'CANARY', 'bankName']) expect(shown).not.toContain(canary);
    expect(shown).toContain('622202*********0128');
  });
});

describe('a success without what it must have', () => {
  it.each<[string, object, RegExp]>([
    ['no card number', {}, /gave no card number/],
    ['an empty card number', { bankCardNo: ' ' }, /gave no card number/],
    ['the text null for a card number', { bankCardNo: 'null' }, /gave no card number/],
    ['a card number that JSON has rounded', { bankCardNo: 6_222_021_234_567_890 }, /gave no card number/],
    ['a card number that is an object', { bankCardNo: {} }, /gave no card number/],
    ['a card number longer than any', { bankCardNo: '6'.repeat(65) }, /longer than any/],
    ["another order's number", { ...FIELDS, orderNo: 'somebodyElses' }, /belongs to another order/],
    ["another order's number as a JSON number", { ...FIELDS, orderNo: 12345 }, /belongs to another order/],
    ['a card number in no encoding', { bankCardNo: '62220212\ufffd567890128' }, /its card number is unreadable/],
  ])('is a malformed answer that may be asked for again: %s', (_what, result, message) => {
    let thrown: unknown;
    try {
      read({ code: '0', msg: 'ok', bizSeqNo: '21062120001184412617492807497465', result });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(BankCardOcrError);
    expect(thrown).toMatchObject({
      code: 'RESPONSE_MALFORMED',
      message: expect.stringMatching(message),
      retryable: true,
      vendorCode: '0',
      vendorMessage: 'ok',
      bizSeqNo: '21062120001184412617492807497465',
    });
    expect(inspect(thrown, { depth: Infinity, showHidden: true })).not.toContain('622202123');
  });
});

describe('an order number that is not exactly the one that was asked for', () => {
  it.each<[string, unknown]>([
    ['an array with it', [ORDER]],
    ['an object', { orderNo: ORDER }],
    ['true', true],
    ['false', false],
    ['null', null],
    ['nothing', ''],
    ['a space', ' '],
    ['other letter case', ORDER.toUpperCase()],
    ['white space before it', ` ${ORDER}`],
    ['a zero-width space behind it', `${ORDER}\u200b`],
    ['0', 0],
    ['another one', 'order2'],
  ])('is another order, whatever it is and wherever it stands: %s', (_what, orderNo) => {
    const anotherOrder = /belongs to another order/;
    for (const name of ['orderNo', 'orderno', 'ORDERNO', 'order_no', 'orderNumber']) {
      for (const photos of [false, true]) {
        expect(() => read({ code: '0', result: { ...FIELDS, [name]: orderNo } }, photos)).toThrow(anotherOrder);
        expect(() => read({ code: '0', [name]: orderNo, result: FIELDS }, photos)).toThrow(anotherOrder);
        expect(() => read({ code: '0', ...FIELDS, [name]: orderNo }, photos)).toThrow(anotherOrder);
      }
    }
  });

  it.each([
    ['twice, first another one', '"orderNo":"order2","orderNo":"@"'],
    ['twice, then another one', '"orderNo":"@","orderNo":"order2"'],
  ])('is another order: %s', (_what, members) => {
    const text = `{"code":"0","bankCardNo":"${PAN}",${members.replace('@', ORDER)}}`;
    for (const photos of [false, true]) expect(() => read(text, photos)).toThrow(/belongs to another order/);
  });
});

describe('an order number that is a JSON number', () => {
  const answered = (number: string) => `{"code":"0","result":{"orderNo":${number},"bankCardNo":"${PAN}"}}`;

  it.each(['1984602893847461889', '12345678901234567890123456789012', '20261128', '0', '9007199254740993'])(
    'is the one that was asked for, digit by digit: %s',
    (orderNo) => {
      for (const photos of [false, true]) expect(read(answered(orderNo), photos, orderNo).orderNo).toBe(orderNo);
    },
  );

  it.each([
    ['1984602893847461889', '1984602893847461890', 'its neighbor, which is the same number to JavaScript'],
    ['1984602893847461889', '1984602893847461937', 'one further away'],
    ['12345678901234567890123456789012', '12345678901234567890123456799999', 'the same first 23 digits'],
    ['0012345678', '12345678', 'without its zeros'],
    ['007', '7', 'without its zeros'],
    ['0x1F', '31', 'what JavaScript takes it for'],
    ['0b11', '3', 'what JavaScript takes it for'],
    ['1e3', '1000', 'what JavaScript takes it for'],
    ['1984602893847462000', '1.984602893847462E18', 'what a double has made of it, or of its neighbor'],
    ['20261128', '2.0261128E7', 'what a double has made of it, or of another one'],
    ['0', '-0', 'less than nothing'],
    ['Infinity', '1e999', 'too large for any number'],
  ])('asked for %s, answered %s: another order (%s)', (asked, number) => {
    for (const photos of [false, true]) {
      expect(() => read(answered(number), photos, asked)).toThrow(/belongs to another order/);
    }
  });
});

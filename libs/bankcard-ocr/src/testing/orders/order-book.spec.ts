import { KycSandbox } from '../kyc-sandbox.js';
import { PlainClient } from '../plain-client.test-support.js';
import { SANDBOX_CODES, SANDBOX_WARNINGS } from '../vendor-codes.js';
import {
  inventedCardNumber,
  orderNoForCode,
  orderNoForWarning,
  PICTURED_CARD_NUMBER,
  withLuhnDigit,
} from './order-book.js';

/** The usual check, from the right, written another way round than the code that makes the digit. */
function isLuhnValid(number: string): boolean {
  const worth = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
  const sum = Array.from(number)
    .toReversed()
    .reduce((total, digit, at) => {
      return total + (at % 2 === 0 ? Number(digit) : (worth[Number(digit)] ?? 0));
    }, 0);
  return sum % 10 === 0;
}

describe('orders', () => {
  let sandbox: KycSandbox;
  let client: PlainClient;
  let ticket: string;

  beforeAll(async () => {
    sandbox = await KycSandbox.start();
    client = new PlainClient(sandbox);
    ({ ticket } = await client.refresh());
  });

  afterAll(async () => {
    client.close();
    await sandbox.stop();
  });

  test.each(SANDBOX_CODES.map(({ code, msg }) => [code, msg]))('code %s has its order number', async (code, msg) => {
    const orderNo = orderNoForCode(code);
    expect(orderNo).toMatch(/^[0-9A-Za-z]{1,32}$/);
    const { json } = await client.query(orderNo, ticket);
    expect(json).toMatchObject({ code, msg, success: false });
  });

  test.each(SANDBOX_WARNINGS.map(({ code }) => code))('warning %s has its order number', async (code) => {
    const orderNo = orderNoForWarning(code);
    expect(orderNo).toMatch(/^[0-9A-Za-z]{1,32}$/);
    const { json } = await client.query(orderNo, ticket);
    expect(json.code).toBe('0');
    expect(json.result).toMatchObject({ orderNo, warnCode: code, multiWarnCode: `[${code}]` });
  });

  test('negative codes are spelled with an M, and a suffix tells orders apart', async () => {
    expect(orderNoForCode('-9011')).toBe('codeM9011');
    expect(orderNoForCode('400501', '7')).toBe('code400501x7');
    expect(orderNoForWarning('-9110', 'abc')).toBe('warnM9110xabc');
    expect((await client.query('code400501x7', ticket)).json.code).toBe('400501');
    expect((await client.query('warnM9110xabc', ticket)).json.result.warnCode).toBe('-9110');
    expect(() => orderNoForCode('400501', 'not-legal')).toThrow(RangeError);
    expect(() => orderNoForCode('1', 'x'.repeat(32))).toThrow(RangeError);
    expect(() => orderNoForCode('abc')).toThrow(RangeError);
  });

  test('codes that no document knows can be had too, and 0 is a clean card', async () => {
    expect((await client.query(orderNoForCode('31415926'), ticket)).json.code).toBe('31415926');
    expect((await client.query(orderNoForCode('0'), ticket)).json.result.warnCode).toBe('0');
  });

  test('the three examples: clean, warned, without validity', async () => {
    const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;
    const photos = { get_file: '1' };
    expect((await client.query(clean, ticket)).json.result).toMatchObject({
      bankCardNo: PICTURED_CARD_NUMBER,
      bankCardValidDate: '09/2031',
      warnCode: '0',
      multiWarnCode: '0',
    });
    expect((await client.query(warned, ticket)).json.result).toMatchObject({
      bankCardValidDate: '12/2024',
      warnCode: '-9113',
      multiWarnCode: '[-9113,66661009]',
    });
    const { result } = (await client.query(noValidity, ticket, photos)).json;
    expect(result).toMatchObject({ bankCardValidDate: '', bankcardCropPhoto: '' });
    expect(result.originBankcardPhoto.length).toBeGreaterThan(1_000);
  });

  test('an added order has the result that was added; the last one of a number wins', async () => {
    sandbox.addOrder({ orderNo: 'mine', code: '-9012' });
    expect((await client.query('mine', ticket)).json.code).toBe('-9012');
    const order = { bankCardNo: '6222021234567890128', clarity: '12', operateTime: '2025-05-05 05:05:05' };
    sandbox.addOrder({ orderNo: 'mine', ...order, warnings: ['-9110', '-9111', '-9114'] });
    expect((await client.query('mine', ticket)).json.result).toMatchObject({
      ...order,
      warnCode: '-9110',
      multiWarnCode: '[-9110,-9111,-9114]',
    });
  });

  test.each(['', 'order-1', 'o'.repeat(33)])('%j cannot be added', (orderNo) => {
    expect(() => sandbox.addOrder({ orderNo })).toThrow(RangeError);
  });

  test('an order that nobody added does not exist, unless cards may be invented', async () => {
    expect((await client.query('nobodysOrder', ticket)).json.code).toBe('66660020');
    sandbox.configure({ unknownOrders: 'invent' });
    const first = (await client.query('nobodysOrder', ticket)).json.result;
    const again = (await client.query('nobodysOrder', ticket)).json.result;
    const other = (await client.query('anotherOrder', ticket)).json.result;
    expect(first.bankCardNo).toMatch(/^620000\d{13}$/);
    expect(again.bankCardNo).toBe(first.bankCardNo);
    expect(other.bankCardNo).not.toBe(first.bankCardNo);
    // Examples and magic numbers keep their meaning.
    expect((await client.query('codeM9011', ticket)).json.code).toBe('-9011');
    sandbox.configure({ unknownOrders: 'reject' });
  });
});

describe('invented card numbers', () => {
  test('the pictured one is the one that the photos show', () => {
    expect(PICTURED_CARD_NUMBER).toBe('6222021234567890128');
    expect(isLuhnValid(PICTURED_CARD_NUMBER)).toBe(true);
  });

  test('known check digits', () => {
    expect(withLuhnDigit('7992739871')).toBe('79927398713');
    expect(withLuhnDigit('411111111111111')).toBe('4111111111111111');
  });

  test('10 000 orders have 10 000 Luhn-valid cards of 19 digits', () => {
    const numbers = Array.from({ length: 10_000 }, (_, index) => inventedCardNumber(`order${index}`));
    expect(new Set(numbers).size).toBe(10_000);
    expect(numbers.every((number) => /^\d{19}$/.test(number) && isLuhnValid(number))).toBe(true);
  });
});

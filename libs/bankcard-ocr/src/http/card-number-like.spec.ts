import fc from 'fast-check';
import { withLuhnDigit } from '../testing/orders/order-book.js';
import { isCardNumberLike } from './card-number-masking.interceptor.js';

describe('isCardNumberLike', () => {
  it.each([
    '6222021234567890128',
    '4111111111111111',
    '4111 1111 1111 1111',
    '4111-1111-1111-1111',
    ' 4111111111111111 ',
    '４１１１１１１１１１１１１１１１',
    '4111\u00a01111\u00a01111\u00a01111',
    '4111\u200b111111111111',
    378_282_246_310_005,
    4_111_111_111_111_111,
    6_222_021_234_567_890_128n,
  ])('%p is like one', (value) => {
    expect(isCardNumberLike(value)).toBe(true);
  });

  it.each([
    '6222021234567890129', // wrong check digit
    '42', // too short
    '62220212345678901288',
    '4111--1111-1111-1111',
    'card 4111111111111111',
    '4111111111111111.0',
    '',
    Number.NaN,
    4.111e30,
    -4_111_111_111_111_111,
  ])('%p is not', (value) => {
    expect(isCardNumberLike(value)).toBe(false);
  });

  it('knows every number of 12 to 19 digits by its check digit, and by no other', () => {
    const payload = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 11, maxLength: 18 });
    fc.assert(
      fc.property(payload, fc.integer({ min: 1, max: 9 }), (digits, off) => {
        const number = withLuhnDigit(digits);
        const wrong = digits + String((Number(number.at(-1)) + off) % 10);
        return isCardNumberLike(number) && !isCardNumberLike(wrong);
      }),
    );
  });

  it('leaves moments alone: as numbers, milliseconds since 1970 are no card numbers', () => {
    for (let ms = Date.UTC(2026, 0, 1); ms < Date.UTC(2026, 0, 1) + 100; ms += 1) {
      expect(isCardNumberLike(ms)).toBe(false);
    }
  });
});

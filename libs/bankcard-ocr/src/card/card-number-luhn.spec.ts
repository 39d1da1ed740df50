import { withLuhnDigit } from '../testing/orders/order-book.js';
import { passesLuhn } from './card-number.js';

describe('the Luhn check digit', () => {
  it.each(['79927398713', '4111111111111111', '378282246310005', '6011111111111117', '6222021234567890128', '0', '18'])(
    '%s has the right one',
    (digits) => expect(passesLuhn(digits)).toBe(true),
  );

  it.each([
    ['79927398710', 'a wrong check digit'],
    ['4111111111111112', 'one digit changed'],
    ['4111111111111', 'digits left out'],
    ['1', 'a single digit other than zero'],
    ['', 'nothing'],
    ['xxxxxxxxxxxxxxxxxxx', 'what has been blanked out'],
    ['411111111111111１', 'digits of another script'],
  ])('%s has not: %s', (digits) => expect(passesLuhn(digits)).toBe(false));

  it.each(['0123456789', '62220212345678901', '622202123456789012'])('of %s is the one of ten that fits', (payload) => {
    const fitting = [...'0123456789'].filter((digit) => passesLuhn(payload + digit));
    expect(fitting.map((digit) => payload + digit)).toEqual([withLuhnDigit(payload)]);
  });

  it('finds two neighbors that were swapped, all but 0 and 9', () => {
    const unseen: string[] = [];
    for (let first = 0; first <= 9; first += 1) {
      for (let second = first + 1; second <= 9; second += 1) {
        const number = withLuhnDigit(`62${first}${second}1234`);
        if (passesLuhn(`62${second}${first}${number.slice(4)}`)) unseen.push(`${first}${second}`);
      }
    }
    expect(unseen).toEqual(['09']);
  });
});

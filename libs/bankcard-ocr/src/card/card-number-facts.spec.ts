import { inspect } from 'node:util';
import { withLuhnDigit } from '../testing/orders/order-book.js';
import { CardNumber } from './card-number.js';

const PAN = '6222021234567890128';

describe('what a card number tells without being revealed', () => {
  it.each<[text: string, length: number, bin: string | undefined, luhnValid: boolean]>([
    [PAN, 19, '622202', true],
    ['6222 0212-3456 7890 128', 19, '622202', true],
    ['6222021234567890129', 19, '622202', false],
    ['4111111111111111', 16, '411111', true],
    [withLuhnDigit('123456789012'), 13, '123456', true],
    [withLuhnDigit('12345678901'), 12, undefined, true],
    ['0000', 4, undefined, true],
    ['', 0, undefined, false],
    ['   ', 0, undefined, false],
    ['xxxxxxxxxxxxxxxxxxx', 19, undefined, false],
    ['622202*********0128', 19, '622202', false],
    ['62220x1234567890128', 19, undefined, false],
    ['６２２２０２１２３４５６７８９０', 16, '622202', false],
  ])('%j: length %i, BIN %j, Luhn %j', (text, length, bin, luhnValid) => {
    const card = new CardNumber(text);
    expect({ length: card.length, bin: card.bin, luhnValid: card.luhnValid }).toEqual({ length, bin, luhnValid });
  });

  it.each(Array.from({ length: 30 }, (_, length) => length))('is what masking shows too, of %i digits', (length) => {
    const card = new CardNumber('6222021234567890128123456789012'.slice(0, length));
    expect(card.masked.startsWith(card.bin ?? '')).toBe(true);
    expect(card.bin?.length).toBe(length >= 13 ? 6 : undefined);
    const masked = new CardNumber(card.masked);
    expect({ length: card.length, bin: card.bin }).toEqual({ length: masked.length, bin: masked.bin });
  });

  it('is not printed beside the masked number', () => {
    const card = new CardNumber(PAN);
    for (const shown of [inspect(card, { getters: true, showHidden: true }), JSON.stringify(card), String(card)]) {
      expect(shown.replace(/^CardNumber\(|["()]/g, '')).toBe('622202*********0128');
    }
    expect(Reflect.ownKeys(card)).toEqual(['masked', 'equalityTag']);
  });
});

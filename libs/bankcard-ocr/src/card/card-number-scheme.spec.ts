import { CardNumber, type CardScheme } from './card-number.js';

function schemeOf(beginning: string, length: number): CardScheme {
  return new CardNumber(beginning.padEnd(length, '0')).scheme;
}

describe('the scheme of a card number', () => {
  it.each<[scheme: CardScheme, beginnings: string[], lengths: number[]]>([
    ['unionpay', ['620000', '622202', '622126', '622925', '624', '6288', '629', '8100', '8171'], [16, 17, 18, 19]],
    ['visa', ['400000', '436742', '499999'], [13, 16, 18, 19]],
    ['mastercard', ['510000', '552599', '559999', '222100', '272099', '230000', '269999'], [16]],
    ['amex', ['340000', '374738', '379999'], [15]],
    ['jcb', ['352800', '356827', '358999'], [16, 17, 18, 19]],
    ['diners', ['300000', '305999', '309500', '360000', '389999', '390000'], [14, 15, 16, 17, 18, 19]],
    ['discover', ['601100', '601199', '644000', '649999', '650000', '659999'], [16, 17, 18, 19]],
    ['maestro', ['501800', '502000', '503800', '589300', '630400', '675900', '676100', '676300'], [13, 14, 16, 19]],
  ])('%s begins with one of %j', (scheme, beginnings, lengths) => {
    for (const beginning of beginnings) {
      for (let length = 13; length <= 20; length += 1) {
        const right = lengths.includes(length) || (scheme === 'maestro' && length <= 19);
        expect([beginning, length, schemeOf(beginning, length)]).toEqual([
          beginning,
          length,
          right ? scheme : 'unknown',
        ]);
      }
    }
  });

  it.each([
    ['955880', 'a domestic card of ICBC'],
    ['990027', 'another old domestic card'],
    ['601382', 'a domestic card of the Bank of China, in the neighborhood of Discover'],
    ['601428', 'a domestic card of the Bank of Communications'],
    ['601000', 'beside 6011'],
    ['603367', 'a domestic card under 60'],
    ['643999', 'below the Discover 644'],
    ['660000', 'above the Discover 65'],
    ['610000', 'below the UnionPay 62'],
    ['817200', 'above the UnionPay 8171'],
    ['820000', 'RuPay'],
    ['222099', 'below the Mastercard 2221'],
    ['272100', 'above the Mastercard 2720'],
    ['500000', 'below the Mastercard 51'],
    ['560000', 'above the Mastercard 55'],
    ['352799', 'below the JCB 3528'],
    ['359000', 'above the JCB 3589'],
    ['306000', 'above Diners Club 305'],
    ['350000', 'between Amex and JCB'],
    ['000000', 'no card at all'],
    ['70', 'a fuel card'],
    ['1', 'an airline'],
  ])('%s is unknown: %s', (beginning) => {
    for (let length = 13; length <= 19; length += 1) expect(schemeOf(beginning, length)).toBe('unknown');
  });

  it('is not told of numbers whose beginning masking hides, nor of what are not digits', () => {
    expect(new CardNumber('501800000000').scheme).toBe('unknown');
    expect(new CardNumber('622202*********0128').scheme).toBe('unknown');
    expect(new CardNumber('').scheme).toBe('unknown');
  });

  it('does not depend on anything that masking hides', () => {
    const schemes = Array.from({ length: 200 }, (_, hidden) => {
      return new CardNumber(`622202${String(hidden * 5_000_011).padStart(9, '0')}0128`).scheme;
    });
    expect(new Set(schemes)).toEqual(new Set(['unionpay']));
  });
});

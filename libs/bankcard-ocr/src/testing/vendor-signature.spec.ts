import { isSignatureOf, vendorSignature } from './vendor-signature.js';

const NONCE = 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T';
const FIRST_TICKET = 'XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS';
const THIRD_ROW = [
  'appId001',
  'aabc1457895464',
  NONCE,
  '1.0.0',
  'FxlAe3HFtEy73Um0pJNzIUriwtfnS3KRcPXiesd5ulS4XRAIcT0FbfaP52dwZf5S',
];

describe('the official vectors of protocol.md section 4', () => {
  test.each([
    [['TIDA0001', 'userID19959248596551', NONCE, '1.0.0', FIRST_TICKET], '4AE72E6FBC2E9E1282922B013D1B4C2CBD38C4BD'],
    [['IDAXXXXX', 'userID19959248596551', NONCE, '1.0.0', FIRST_TICKET], 'D7606F1741DDCF90757DA924EDCF152A200AC7F0'],
    [THIRD_ROW, '993D057C652D97FD90D5D298F2E5DC4B8D893CBC'],
    [
      ['appId001', 'test1480921551481', 'duSz9ptwyW1Xn7r6gYItxz3feMdJ8Na5x7JZuoxurE7RcI5TdwCE4KT2eEeNNDoe'],
      'B02CEBEB07F792B2F085E8CB1E7BA9EC19284F54',
    ],
  ])('%j', (values, sign) => {
    expect(vendorSignature(values)).toBe(sign);
    expect(vendorSignature(values.toReversed())).toBe(sign);
    expect(isSignatureOf(sign, values)).toBe(true);
    expect(isSignatureOf(sign.toLowerCase(), values)).toBe(true);
  });
});

describe('the documented mistakes are not accepted', () => {
  test.each([
    ['sorted by a locale', '6993167F07AAE4813B2265E96838036F1376908F'],
    ['sorted by parameter name', 'B28D8EBC24ACB5FC71746E56209926536F06B68B'],
  ])('%s', (_mistake, sign) => expect(isSignatureOf(sign, THIRD_ROW)).toBe(false));

  test('a trailing newline', () => {
    const values = ['IDAXXXXX', 'userID19959248596551', NONCE, '1.0.0', FIRST_TICKET];
    expect(isSignatureOf('DBE09685AFB2C88EB825EA74CBF88107AA6A2DBF', values)).toBe(false);
  });

  test.each(['', 'D7606F', 'x'.repeat(40)])('%j is no signature', (sign) => {
    expect(isSignatureOf(sign, THIRD_ROW)).toBe(false);
  });
});

test('UTF-16 code units, not code points, decide the order', () => {
  // U+1F600 is D83D DE00: below U+FF21 by code unit, above it by code point.
  expect(vendorSignature(['Ａ', '😀'])).toBe(vendorSignature(['😀Ａ']));
});

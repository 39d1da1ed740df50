import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { SignatureService } from './signature.service.js';

/** The vendor's own examples: values, ticket, SHA-1 (protocol.md section 4). */
const OFFICIAL: readonly (readonly [values: string[], ticket: string, signature: string])[] = [
  [
    ['TIDA0001', 'userID19959248596551', 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T', '1.0.0'],
    'XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS',
    '4AE72E6FBC2E9E1282922B013D1B4C2CBD38C4BD',
  ],
  [
    ['IDAXXXXX', 'userID19959248596551', 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T', '1.0.0'],
    'XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS',
    'D7606F1741DDCF90757DA924EDCF152A200AC7F0',
  ],
  [
    ['appId001', 'aabc1457895464', 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T', '1.0.0'],
    'FxlAe3HFtEy73Um0pJNzIUriwtfnS3KRcPXiesd5ulS4XRAIcT0FbfaP52dwZf5S',
    '993D057C652D97FD90D5D298F2E5DC4B8D893CBC',
  ],
  [
    ['appId001', 'test1480921551481'],
    'duSz9ptwyW1Xn7r6gYItxz3feMdJ8Na5x7JZuoxurE7RcI5TdwCE4KT2eEeNNDoe',
    'B02CEBEB07F792B2F085E8CB1E7BA9EC19284F54',
  ],
];

/** What well-known mistakes give for the third and the second official example. */
const MISTAKES = [
  ['sorted by a locale', 2, '6993167F07AAE4813B2265E96838036F1376908F'],
  ['sorted by parameter name', 2, 'B28D8EBC24ACB5FC71746E56209926536F06B68B'],
  ['with a trailing newline', 1, 'DBE09685AFB2C88EB825EA74CBF88107AA6A2DBF'],
] as const;

/** The same rule by other people's programs. */
function signByCoreutils(values: readonly string[], ticket: string): string {
  const lines = [...values, ticket].join('\n');
  const script = `LC_ALL=C sort | tr -d '\\n' | sha1sum | cut -d' ' -f1`;
  return spawnSync('sh', ['-c', script], { input: `${lines}\n`, encoding: 'utf8' })
    .stdout.trim()
    .toUpperCase();
}

const signatures = new SignatureService();

describe('signing', () => {
  it.each(OFFICIAL)('gives the documented signature of %j', (values, ticket, expected) => {
    expect(signatures.sign(values, ticket)).toBe(expected);
    expect(signatures.sign([...values].reverse(), ticket)).toBe(expected);
    expect(signatures.verify(values, ticket, expected)).toBe(true);
  });

  it.each(MISTAKES)('does not give, nor accept, what a mistake gives: %s', (_mistake, index, wrong) => {
    const [values, ticket] = OFFICIAL[index]!;
    expect(signatures.sign(values, ticket)).not.toBe(wrong);
    expect(signatures.verify(values, ticket, wrong)).toBe(false);
  });

  it('drops null and undefined, keeps empty strings harmless', () => {
    const [values, ticket, expected] = OFFICIAL[0]!;
    expect(signatures.sign([null, ...values, undefined, ''], ticket)).toBe(expected);
  });

  it('agrees with sort and sha1sum on any values', () => {
    const asciiText = fc.string({ unit: fc.constantFrom(...'09AZaz._-bB1'), minLength: 1, maxLength: 32 });
    const anyText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => {
      // A line is the unit of sort(1); above U+FFFF, UTF-8 and UTF-16 order differ, and the vendor's values are ASCII.
      return !/[\n\r\0\ud800-\udfff]/.test(text);
    });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(asciiText, anyText), { minLength: 1, maxLength: 5 }),
        asciiText,
        (values, ticket) => {
          expect(signatures.sign(values, ticket)).toBe(signByCoreutils(values, ticket));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('verifying', () => {
  const [values, ticket, signature] = OFFICIAL[0]!;

  it('accepts any letter case', () => {
    expect(signatures.verify(values, ticket, signature.toLowerCase())).toBe(true);
  });

  it.each(['', 'x', signature.slice(1), `${signature}0`, signature.replace('4', '5'), 'ß'.repeat(40), '４'.repeat(40)])(
    'rejects %j',
    (wrong) => {
      expect(signatures.verify(values, ticket, wrong)).toBe(false);
    },
  );

  it('rejects what is no text instead of throwing', () => {
    expect(signatures.verify(values, ticket, undefined as unknown as string)).toBe(false);
  });

  it('rejects the signature made with another ticket', () => {
    expect(signatures.verify(values, `${ticket}x`, signature)).toBe(false);
  });
});

describe('the nonce', () => {
  it('has 32 letters and digits and does not repeat', () => {
    const nonces = Array.from({ length: 5_000 }, () => signatures.createNonce());
    expect(nonces.every((nonce) => /^[0-9A-Za-z]{32}$/.test(nonce))).toBe(true);
    expect(new Set(nonces).size).toBe(nonces.length);
  });

  it('is uniform: chi-square over 62 characters stays under the 1-in-a-million bound', () => {
    const counts = new Map<string, number>();
    const nonces = 10_000;
    for (let n = 0; n < nonces; n += 1) {
      for (const character of signatures.createNonce()) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    const expected = (nonces * 32) / 62;
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(counts.size).toBe(62);
    // 61 degrees of freedom; a modulo without rejection gives several hundred here.
    expect(chiSquare).toBeLessThan(125);
  });
});

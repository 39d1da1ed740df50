import { inspect } from 'node:util';
import { CardNumber, maskCardNumber } from './card-number.js';

const PAN = '6222021234567890128';

describe('masking a card number', () => {
  it.each([
    ['6222021234567890128', '622202*********0128', '19 digits'],
    ['4111111111111111', '411111******1111', '16 digits'],
    ['1234567890123', '123456***0123', '13, the shortest that shows its first six'],
    ['123456789012', '********9012', '12 shows the last four only'],
    ['12345', '*2345', '5 characters'],
    ['1234', '****', '4 characters show nothing'],
    ['123', '***', '3 characters'],
    ['1', '*', '1 character'],
    ['', '', 'nothing'],
    ['   ', '', 'white space'],
    ['xxxxxxxxxxxxxxxxxxx', 'xxxxxx*********xxxx', "the official example's letters"],
    ['6222 0212 3456 7890 128', '622202*********0128', 'groups'],
    [' 6222\t0212\n34567890128 ', '622202*********0128', 'any white space'],
    ['12 345 678 9012', '********9012', 'spaces do not make it long enough for the first six'],
    ['6222-0212-3456-7890-128', '622202*********0128', 'groups with hyphens'],
    ['1234-5678-9012', '********9012', 'nor do hyphens'],
  ])('%j is shown as %j: %s', (text, masked) => {
    expect(maskCardNumber(text)).toBe(masked);
    expect(new CardNumber(text).masked).toBe(masked);
  });

  it.each(Array.from({ length: 40 }, (_, length) => length))('hides at least one of %i characters', (length) => {
    const masked = maskCardNumber('7'.repeat(length));
    expect(masked).toHaveLength(length);
    const shown = masked.replaceAll('*', '').length;
    expect(shown).toBeLessThanOrEqual(length >= 13 ? 10 : 4);
    if (length > 0) expect(shown).toBeLessThan(length);
  });
});

describe('a card number', () => {
  const card = new CardNumber('6222 0212 3456 7890 128');
  const error = Object.assign(new Error('boom'), { card });

  it('gives the whole number only by reveal(), without spaces', () => {
    expect(card.reveal()).toBe(PAN);
  });

  it.each<[string, string]>([
    ['String()', String(card)],
    // oxlint-disable-next-line typescript/restrict-template-expressions -- this very accident is what must be harmless
    ['a template', `${card}`],
    ['concatenation', '' + (card as unknown as string)],
    ['JSON', JSON.stringify({ card })],
    ['JSON of a copy', JSON.stringify({ ...card, entries: Object.entries(card) })],
    ['inspect', inspect(card)],
    ['inspect, everything', inspect({ deep: [{ card }] }, { depth: Infinity, showHidden: true, getters: true })],
    [
      'inspect without custom, getters called',
      inspect(card, { customInspect: false, showHidden: true, getters: true }),
    ],
    ['inspect without custom', inspect(card, { customInspect: false, showHidden: true, depth: Infinity })],
    ['inspect of an error that carries it', inspect(error, { depth: Infinity, showHidden: true })],
    ['structuredClone', inspect(structuredClone(card), { showHidden: true })],
    ['structuredClone as JSON', JSON.stringify(structuredClone({ card }))],
    ['its own property names', Reflect.ownKeys(card).join()],
  ])('does not show it through %s', (_way, shown) => {
    expect(shown.replaceAll(/\s/g, '')).not.toContain(PAN);
    expect(shown).not.toContain('1234567');
  });

  it('shows the masked number instead', () => {
    expect(String(card)).toBe('622202*********0128');
    expect(JSON.stringify(card)).toBe('"622202*********0128"');
    expect(inspect([card])).toBe('[ CardNumber(622202*********0128) ]');
  });
});

describe('a copy of a card number that was made of its properties', () => {
  // oxlint-disable-next-line typescript/no-unsafe-argument, typescript/no-explicit-any -- as class-transformer does
  const copy = Object.assign(new CardNumber(undefined as any), { ...new CardNumber(PAN) });

  it('shows the masked number, and pretends to no other', () => {
    expect([String(copy), JSON.stringify(copy), inspect(copy)]).toEqual([
      '622202*********0128',
      '"622202*********0128"',
      'CardNumber(622202*********0128)',
    ]);
    expect(() => copy.reveal()).toThrow(TypeError);
    expect(() => copy.fingerprint('k'.repeat(32))).toThrow(RangeError);
    expect(copy.equals(copy)).toBe(false);
  });
});

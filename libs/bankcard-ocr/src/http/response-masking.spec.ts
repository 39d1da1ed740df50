import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { StreamableFile } from '@nestjs/common';
import fc from 'fast-check';
import { CardNumber } from '../card/card-number.js';
import { CardPhoto } from '../card/card-photo.js';
import { ResponseMasking } from './card-number-masking.interceptor.js';

const FULL = '6222021234567890128';
const MASKED = '622202*********0128';

function mask(value: unknown): unknown {
  return new ResponseMasking(new Set(['cardNo', 'bankCardNo'])).mask(value);
}

class Payment {
  constructor(
    readonly cardNo: string,
    readonly amount = 1,
  ) {}
}

describe('ResponseMasking', () => {
  it.each<[string, unknown, unknown]>([
    ['a CardNumber', new CardNumber(FULL), MASKED],
    ['a CardNumber under any key', { a: { b: [new CardNumber(FULL)] } }, { a: { b: [MASKED] } }],
    ['a listed text', { cardNo: FULL, other: FULL }, { cardNo: MASKED, other: FULL }],
    ['a listed text in groups', { cardNo: '6222 0212 3456 7890 128' }, { cardNo: MASKED }],
    ['a listed text with hyphens', { cardNo: '6222-0212-3456-7890-128' }, { cardNo: MASKED }],
    ['a listed number', { cardNo: 4111111111111111 }, { cardNo: '411111******1111' }],
    ['a listed bigint', { cardNo: 6222021234567890128n }, { cardNo: MASKED }],
    ['a list under a listed key', { cardNo: [FULL, [FULL]] }, { cardNo: [MASKED, [MASKED]] }],
    ['what is masked already', { cardNo: MASKED }, { cardNo: MASKED }],
    [
      'an object under a listed key',
      { cardNo: { value: FULL, cardNo: FULL } },
      { cardNo: { value: FULL, cardNo: MASKED } },
    ],
    ['null and booleans', { cardNo: null, bankCardNo: true }, { cardNo: null, bankCardNo: true }],
    ['an object without a prototype', Object.assign(Object.create(null), { cardNo: FULL }), { cardNo: MASKED }],
    [
      'a key that names a prototype',
      JSON.parse(`{"__proto__":{"cardNo":"${FULL}"}}`),
      JSON.parse(`{"__proto__":{"cardNo":"${MASKED}"}}`),
    ],
    ['what an object shows of itself', [{ toJSON: () => ({ cardNo: FULL }) }], [{ cardNo: MASKED }]],
    ['a listed value that shows itself as text', { cardNo: { toJSON: () => FULL } }, { cardNo: MASKED }],
    [
      'one that shows itself as a String object',
      { cardNo: { toJSON: () => Object(FULL) as unknown } },
      { cardNo: MASKED },
    ],
  ])('masks %s', (_what, given, expected) => {
    const before = inspect(given, { depth: 9 });
    const masked = mask(given);
    expect(masked).toEqual(expected);
    expect(inspect(given, { depth: 9 })).toBe(before);
  });

  it('masks inside a Map', () => {
    const given = new Map<string, unknown>([
      ['cardNo', FULL],
      ['x', { cardNo: FULL }],
    ]);
    expect(mask(given)).toEqual(
      new Map<string, unknown>([
        ['cardNo', MASKED],
        ['x', { cardNo: MASKED }],
      ]),
    );
    expect(given.get('cardNo')).toBe(FULL);
  });

  it('copies down to what it masks, keeps classes, and shares the rest', () => {
    const rest = { deep: { list: [1, Number.NaN] } };
    const given = Object.freeze({ payment: Object.freeze(new Payment(FULL)), rest });
    const masked = mask(given) as { payment: Payment; rest: object };
    expect(masked.payment).toBeInstanceOf(Payment);
    expect(masked.payment).toEqual(new Payment(MASKED));
    expect(masked.rest).toBe(rest);
    expect(mask(rest)).toBe(rest);
  });

  it('leaves bytes, streams, files and moments untouched', () => {
    const given = {
      list: [
        Buffer.from(FULL),
        new BigUint64Array([4_111_111_111_111_111n]),
        new Date(),
        Readable.from([FULL]),
        new ReadableStream(),
        new StreamableFile(Buffer.from(FULL)),
        new Blob([FULL]),
        new CardPhoto('crop', Buffer.from(FULL)),
        new URL('https://example.com'),
      ],
    };
    expect(mask(given)).toBe(given);
  });

  it('lets cycles survive, masked and not', () => {
    const node: Record<string, unknown> = { cardNo: FULL };
    node['self'] = node;
    node['list'] = [node];
    const masked = mask(node) as { self: unknown; list: unknown[]; cardNo: string };
    expect(masked.cardNo).toBe(MASKED);
    expect(masked.self).toBe(masked);
    expect(masked.list[0]).toBe(masked);
    expect(node['cardNo']).toBe(FULL);
  });

  it('masks an object that stands in two places in each of them', () => {
    const numbers = [FULL];
    expect(mask({ cardNo: numbers, other: numbers, again: { cardNo: numbers } })).toEqual({
      cardNo: [MASKED],
      other: [FULL],
      again: { cardNo: [MASKED] },
    });
    const twin = { cardNo: FULL };
    const masked = mask([twin, twin]) as object[];
    expect(masked[0]).toBe(masked[1]);
  });

  it('an object that shows itself, or shows a shower, ends', () => {
    const shower: Record<string, unknown> = { cardNo: FULL };
    shower['toJSON'] = () => shower;
    expect(mask(shower)).toMatchObject({ cardNo: MASKED });
    class Wrapper {
      toJSON = () => new Wrapper();
    }
    expect(mask(new Wrapper())).toBeInstanceOf(Wrapper);
  });

  it.each<[string, () => unknown]>([
    [
      'itself',
      () => {
        const shower: Record<string, unknown> = { cardNo: FULL };
        return Object.assign(shower, { toJSON: () => shower });
      },
    ],
    [
      'another object of its class',
      () => {
        class Card {
          cardNo?: string;
          readonly #number = FULL;

          toJSON(): Card {
            return Object.assign(new Card(), { cardNo: this.#number });
          }
        }
        return new Card();
      },
    ],
    ['a number in an object', () => ({ cardNo: Object(FULL) as object })],
  ])('in JSON nothing is left of the number of an object that shows %s', (_what, make) => {
    expect(JSON.stringify(mask(make()))).toBe(JSON.stringify({ cardNo: MASKED }));
  });

  it('whatever it is given, no listed value and no CardNumber is left, and the given one is as before', () => {
    const leaf = fc.oneof(fc.constant(FULL), fc.constant(new CardNumber(FULL)), fc.integer(), fc.constant(null));
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('cardNo', 'x'), tie('tree')),
      ),
    }));
    fc.assert(
      fc.property(tree, (given) => {
        const before = inspect(given, { depth: 9 });
        const masked = mask(given);
        expect(JSON.stringify(masked)).not.toMatch(new RegExp(`"cardNo":\\[*"${FULL}`));
        expect(inspect(masked, { depth: 9 })).not.toContain('CardNumber(');
        expect(inspect(given, { depth: 9 })).toBe(before);
      }),
    );
  });
});

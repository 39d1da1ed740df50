import assert from 'node:assert';
import { inspect, isDeepStrictEqual } from 'node:util';
import { instanceToInstance, instanceToPlain, plainToInstance } from 'class-transformer';
import { CardNumber } from '../card/card-number.js';
import { CardPhoto } from '../card/card-photo.js';
import { ExtraFields } from '../card/extra-fields.js';
import { Credentials } from '../credentials/credentials.js';
import { equalityTag } from './equality-tag.js';
import { SdkLaunch } from '../sdk/sdk-launch.js';
import { SecretText } from './secret-text.js';
import { aBankCardOcrResult } from '../testing/fixtures/bank-card-ocr-result.fixture.js';

const PAN = '6222021234567890128';
/** Masked, it is the same text. */
const TWIN = '6222020000000000128';
const LAUNCH = { appId: 'IDA00001', version: '1.0.0', nonce: 'n', userId: 'u', orderNo: 'o', expiresInMs: 1 };
const result = (cardNumber: string) => aBankCardOcrResult().with({ cardNumber }).build();
const photographed = (numberStrip: Uint8Array) => aBankCardOcrResult().with({ photos: { numberStrip } }).build();

/** Twice the same, and one that differs in nothing but what is hidden. */
const HIDING: readonly (readonly [what: string, one: () => object, other: () => object])[] = [
  ['card numbers', () => new CardNumber(PAN), () => new CardNumber('4111111111111111')],
  ['card numbers that look the same when they are masked', () => new CardNumber(PAN), () => new CardNumber(TWIN)],
  ['results with other card numbers', () => result(PAN), () => result(TWIN)],
  ['photos', () => new CardPhoto('crop', Buffer.from('abc')), () => new CardPhoto('crop', Buffer.from('abd'))],
  ['results with other photos', () => photographed(Buffer.from('a')), () => photographed(Buffer.from('b'))],
  ['unknown fields', () => new ExtraFields([['a', 1]]), () => new ExtraFields([['a', '1']])],
  ['unknown fields of other names', () => new ExtraFields([['a', 1]]), () => new ExtraFields([['b', 1]])],
  ['secrets', () => new SecretText('one'), () => new SecretText('two')],
  ['access tokens', () => new Credentials(1, 'id', 'a', 's'), () => new Credentials(1, 'id', 'b', 's')],
  ['SIGN tickets', () => new Credentials(1, 'id', 'a', 's'), () => new Credentials(1, 'id', 'a', 't')],
  ['launches', () => new SdkLaunch({ ...LAUNCH, sign: 'A' }), () => new SdkLaunch({ ...LAUNCH, sign: 'B' })],
];

/** The ways in which tests, and what tests are made with, compare. */
const COMPARISONS: Readonly<Record<string, (one: unknown, other: unknown) => boolean>> = {
  'toEqual of Jest and Vitest': (one, other) => passes(() => expect(one).toEqual(other)),
  'toStrictEqual of Jest and Vitest': (one, other) => passes(() => expect(one).toStrictEqual(other)),
  toMatchObject: (one, other) => passes(() => expect({ one }).toMatchObject({ one: other })),
  toHaveBeenCalledWith: (one, other) => {
    const mock = jest.fn();
    mock(one);
    return passes(() => expect(mock).toHaveBeenCalledWith(other));
  },
  'assert.deepEqual': (one, other) => passes(() => assert.deepEqual(one, other)),
  'assert.deepStrictEqual': (one, other) => passes(() => assert.deepStrictEqual(one, other)),
  isDeepStrictEqual,
  'the names and values of properties, as Lodash and Chai do': (one, other) => {
    return passes(() => expect(walked(one)).toEqual(walked(other)));
  },
  'valueOf, where it is another one, as fast-deep-equal does': (one, other) => preferred(one) === preferred(other),
};

function passes(comparison: () => void): boolean {
  try {
    comparison();
    return true;
  } catch {
    return false;
  }
}

function walked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([key, child]) => [key, walked(child)]);
}

/** fast-deep-equal asks valueOf, then toString, before it looks at properties. */
function preferred(value: unknown): unknown {
  const hasOwn = (value as object).valueOf !== Object.prototype.valueOf;
  return hasOwn ? (value as object).valueOf() : JSON.stringify(walked(value));
}

describe.each(HIDING)('%s', (_what, one, other) => {
  it.each(Object.keys(COMPARISONS))('are told apart by %s', (way) => {
    const compare = COMPARISONS[way]!;
    expect([compare(one(), one()), compare([{ in: one() }], [{ in: one() }])]).toEqual([true, true]);
    expect([compare(one(), other()), compare([{ in: one() }], [{ in: other() }])]).toEqual([false, false]);
  });
});

describe('the tag', () => {
  it('is letters, so that nothing takes it for a number, and has no beginning of anything in it', () => {
    for (let at = 0; at < 100; at += 1) expect(equalityTag(`value ${at}`)).toMatch(/^[a-z]{12}$/);
    expect(equalityTag('ab', 'c')).not.toBe(equalityTag('a', 'bc'));
  });

  it('is another one in every process, and the same in every copy of the library in it', () => {
    const inCopy = (): string => {
      let tag = '';
      jest.isolateModules(() => {
        tag = (jest.requireActual('./equality-tag.js') as { equalityTag: typeof equalityTag }).equalityTag(PAN);
      });
      return tag;
    };
    expect(inCopy()).toBe(equalityTag(PAN));
    const place = Symbol.for('nestjs-bankcard-ocr/equality-key');
    const ofThisProcess = Object.getOwnPropertyDescriptor(globalThis, place)!;
    // Another process has another global object.
    Reflect.deleteProperty(globalThis, place);
    try {
      expect(inCopy()).not.toBe(equalityTag(PAN));
    } finally {
      Object.defineProperty(globalThis, place, ofThisProcess);
    }
  });

  it('may be set by code that copies objects, and is the same whichever order the fields came in', () => {
    expect(Object.assign(new CardPhoto('crop', Buffer.from('a')), { equalityTag: 'abc' }).equalityTag).toBe('abc');
    const [a, b] = [['a', 1] as const, ['b', 2] as const];
    expect(new ExtraFields([a, b])).toEqual(new ExtraFields([b, a]));
  });
});

describe('code that copies objects property by property', () => {
  const everything = () => ({
    card: new CardNumber(PAN),
    photo: new CardPhoto('crop', Buffer.from(`photo ${PAN}`)),
    extra: new ExtraFields([['cardNo', PAN]]),
    secret: new SecretText(`secret ${PAN}`),
    credentials: new Credentials(1, 'id', `token ${PAN}`, `ticket ${PAN}`),
  });

  it.each<[string, () => unknown]>([
    ['instanceToPlain', () => instanceToPlain(everything())],
    ['structuredClone', () => structuredClone(everything())],
    ['instanceToInstance', () => instanceToInstance(everything())],
    ['plainToInstance', () => plainToInstance(class Shape {}, everything())],
    ['a spread', () => Object.fromEntries(Object.entries(everything()).map(([name, value]) => [name, { ...value }]))],
  ])('sees the masked number and nothing that is hidden: %s', (_way, copy) => {
    const shown = [JSON.stringify(copy()), inspect(copy(), { depth: Infinity, showHidden: true, getters: true })];
    for (const text of shown) {
      expect(text).toContain('622202*********0128');
      expect(text).not.toMatch(/1234567|photo 6|secret 6|token 6|ticket 6|cardNo/);
    }
  });

  it('finds the masked number under its name', () => {
    expect(instanceToPlain(everything())).toMatchObject({ card: { masked: '622202*********0128' } });
    expect(structuredClone(new CardNumber(PAN)).masked).toBe('622202*********0128');
    expect(instanceToPlain({ launch: new SdkLaunch({ ...LAUNCH, sign: 'A' }) })).toEqual({
      launch: { ...LAUNCH, sign: 'A' },
    });
    expect(instanceToInstance(new SdkLaunch({ ...LAUNCH, sign: 'A' }))).toMatchObject({ ...LAUNCH, sign: 'A' });
  });

  it('has copies that admit not to hold the secret', () => {
    const copy = instanceToInstance({ secret: new SecretText('s'), photo: new CardPhoto('crop', Buffer.from('abc')) });
    expect(() => copy.secret.reveal()).toThrow(TypeError);
    expect(JSON.stringify(copy)).toBe(
      '{"secret":"[redacted]","photo":{"kind":"crop","mediaType":"application/octet-stream","size":3}}',
    );
  });
});

it('nothing of these is printed as the tag where a text is wanted', () => {
  const shown = [new CardNumber(PAN), new SecretText('s'), new SdkLaunch({ ...LAUNCH, sign: 'A' })].map(
    // oxlint-disable-next-line typescript/restrict-plus-operands, typescript/no-base-to-string -- the accident
    (value) => '' + (value as unknown as string),
  );
  expect(shown).toEqual(['622202*********0128', '[redacted]', 'SdkLaunch(order o, sign [redacted])']);
});

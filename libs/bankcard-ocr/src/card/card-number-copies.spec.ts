import { inspect } from 'node:util';
import { CardNumber } from './card-number.js';

const PAN = '6222021234567890128';

/** As an application has it that imports the library here and requires it there. */
function anotherCopy(): typeof CardNumber {
  let copy: typeof CardNumber | undefined;
  jest.isolateModules(() => {
    copy = jest.requireActual<{ CardNumber: typeof CardNumber }>('./card-number.js').CardNumber;
  });
  return copy!;
}

describe('a card number of another copy of the library', () => {
  const Theirs = anotherCopy();

  it('is equal to one of this copy with the same digits, and to no other', () => {
    expect(Theirs).not.toBe(CardNumber);
    for (const [one, same, other] of [
      [new CardNumber(PAN), new Theirs(PAN), new Theirs('6222020000000000128')],
      [new Theirs(PAN), new CardNumber(PAN), new CardNumber('6222020000000000128')],
    ] as const) {
      expect(one.equals(same)).toBe(true);
      expect(one.equals(other)).toBe(false);
      expect(one).toEqual(same);
      expect(one).not.toEqual(other);
    }
  });

  it('has its tag from a key that nothing prints', () => {
    const place = Symbol.for('nestjs-bankcard-ocr/equality-key');
    const key = (Reflect.get(globalThis, place) as () => string)();
    expect(key).toMatch(/^[\w-]{43}$/);
    const printed = inspect(Object.defineProperty({}, place, Object.getOwnPropertyDescriptor(globalThis, place)!), {
      showHidden: true,
    });
    expect(printed).toContain('equality-key');
    expect(printed).not.toContain(key);
  });
});

import { Problem } from '../errors/configuration-error.js';
import { DEFAULTS, OPTION_ROWS, OPTION_TABLE } from './option-table.js';
import { checkChoice, numberFromText, type NumberRule, numeric, readNumbers } from './option-values.js';

const NUMBER_RULES = OPTION_ROWS.flatMap(([option, { number }]) => (number ? [{ option, ...number }] : []));
const CHOICE_RULES = OPTION_ROWS.flatMap(([option, { choices }]) => (choices ? [{ option, choices }] : []));

const NO_NUMBERS = [NaN, Infinity, -Infinity, -1, -0.5, '5s', '', true, null, undefined, {}, [5], 5n, new Date(5)];

const checkNumber = (value: unknown, { unit, zeroAllowed, most }: NumberRule): Problem | undefined => {
  const read = numeric(unit, zeroAllowed, most).read(value);
  return read instanceof Problem ? read : undefined;
};

describe('a numeric option', () => {
  it.each(NUMBER_RULES)('$option: what is no number, or less than it may be, is refused with its unit', (rule) => {
    for (const value of NO_NUMBERS) {
      expect([value, checkNumber(value, rule)?.en]).toEqual([
        value,
        expect.stringMatching(/^must be a .*more.*; got /),
      ]);
      expect(checkNumber(value, rule)?.zh).toMatch(/^必须是.*；实际为/);
    }
    expect(checkNumber(1, rule)).toBeUndefined();
    expect(checkNumber(2 ** 31, rule)).toBeUndefined();
  });

  it.each(NUMBER_RULES.filter(({ unit }) => unit === 'milliseconds'))('$option may be half a millisecond', (rule) => {
    expect(checkNumber(0.5, rule)).toBeUndefined();
  });

  it.each(NUMBER_RULES.filter(({ unit }) => unit !== 'milliseconds'))('$option must be whole', (rule) => {
    expect(checkNumber(1.5, rule)?.en).toMatch(/a whole number/);
    expect(checkNumber(0.5, rule)?.en).toMatch(/a whole number/);
  });

  it('may be 0 for the waiting time for photos, and where a window may be closed', () => {
    const zeroAllowed = NUMBER_RULES.filter((rule) => checkNumber(0, rule) === undefined).map(({ option }) => option);
    expect(zeroAllowed).toEqual(['verifyWindowMs', 'waitForPhotosMs', 'waitForResultMs']);
    expect(checkNumber(-0, { unit: 'milliseconds', zeroAllowed: true, most: Infinity })).toBeUndefined();
  });

  it('has a rule for every option whose default is a number, and for those that may be left out', () => {
    const numeric = Object.entries(DEFAULTS).flatMap(([name, value]) => (typeof value === 'number' ? [name] : []));
    expect(NUMBER_RULES.map(({ option }) => option as string).sort()).toEqual([...numeric, 'verifyWindowMs'].sort());
    expect(OPTION_TABLE.verifyWindowMs.read(undefined, {})).toBeUndefined();
    expect(OPTION_TABLE.timeoutMs.read(undefined)).toBeInstanceOf(Problem);
  });

  it.each([
    ['15000', 15_000],
    [' 0.5\n', 0.5],
    ['0', 0],
    ['5s', '5s'],
    ['0x10', '0x10'],
    ['1e3', '1e3'],
    ['-1', '-1'],
    ['1,000', '1,000'],
    ['', ''],
    [true, true],
    [5, 5],
    [undefined, undefined],
  ])('%j is taken for %j', (value, number) => expect(numberFromText(value)).toBe(number));

  it('says what it is instead, and repeats no text that may be a secret', () => {
    const rule = { unit: 'milliseconds', zeroAllowed: false, most: Infinity } as const;
    const said = (value: unknown) => checkNumber(value, rule)?.en.replace(/^.*; /, '');
    expect(said('5s')).toBe("got '5s'");
    expect(said('30 minutes')).toBe("got '30 minutes'");
    expect(said('"15000"')).toBe(`got '"15000"'`);
    expect(said('hunter2')).toBe('got string');
    expect(said('6222 0212 3456 7890 128')).toBe('got string');
    expect(said(NaN)).toBe('got NaN');
    expect(said(null)).toBe('got null');
    expect(said([5])).toBe('got array');
    expect(said({})).toBe('got object');
    expect(said(5n)).toBe('got bigint');
  });
});

describe('an option that is one of a few values', () => {
  it.each(CHOICE_RULES)(
    '$option takes its choices, its default among them, and nothing else',
    ({ option, choices }) => {
      for (const choice of choices) expect(checkChoice(choice, choices)).toBeUndefined();
      expect(choices).toContain((DEFAULTS as Record<string, unknown>)[option]);
      for (const wrong of ['', 'x', 'TRUE', 'constructor', 0, 1, null, undefined, {}, [choices[0]]]) {
        expect([wrong, checkChoice(wrong, choices)?.en]).toEqual([wrong, expect.stringMatching(/^must be .*; got /)]);
        expect(checkChoice(wrong, choices)?.zh).toMatch(/^必须是 .*；实际为/);
      }
    },
  );

  it('is refused with every choice that there is', () => {
    expect(checkChoice('c', ['a', 'b'])?.en).toBe("must be 'a' or 'b'; got string");
    expect(checkChoice(4, ['a', 'b', 'c'])?.en).toBe("must be 'a', 'b' or 'c'; got 4");
    expect(checkChoice('"true"', [true, false])?.en).toBe('must be true or false; got string');
  });

  it('has a rule when its default is a choice', () => {
    const ruled = new Set(CHOICE_RULES.map(({ option }) => option as string));
    const booleans = Object.entries(DEFAULTS).flatMap(([name, value]) => (typeof value === 'boolean' ? [name] : []));
    for (const name of [...booleans, 'role']) expect(ruled).toContain(name);
  });
});

describe('options that are all numbers', () => {
  const rules = {
    count: { default: 3, ...numeric('whole number', false, 10) },
    pauseMs: { default: 5, ...numeric('milliseconds', true) },
  };

  it('have their defaults where they are not set, and may be digits', () => {
    expect(readNumbers({}, rules)).toEqual({ count: 3, pauseMs: 5 });
    expect(readNumbers({ count: '10' as never, pauseMs: 0 }, rules)).toEqual({ count: 10, pauseMs: 0 });
  });

  it('are refused all at once, with their largest value', () => {
    expect(() => readNumbers({ count: 11, pauseMs: -1 }, rules)).toThrow(
      /count: must be a whole number, more than 0, at most 10, .*got 11\n.*pauseMs: .*got -1/,
    );
  });
});

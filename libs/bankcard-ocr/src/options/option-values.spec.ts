import { DEFAULTS } from './defaults.js';
import { NUMBER_RULES, numberFromText, readNumber } from './option-values.js';

const NO_NUMBERS = [NaN, Infinity, -Infinity, -1, -0.5, '5', '', true, null, undefined, {}, [5], 5n, new Date(5)];

describe('a numeric option', () => {
  it.each(NUMBER_RULES)('$option: what is no number, or less than it may be, is refused with its unit', (rule) => {
    for (const value of NO_NUMBERS.filter((none) => none !== undefined || !rule.optional)) {
      expect([value, readNumber(value, rule)?.en]).toEqual([value, expect.stringMatching(/^must be a .*more.*; got /)]);
      expect(readNumber(value, rule)?.zh).toMatch(/^必须是.*；实际为/);
    }
    expect(readNumber(1, rule)).toBeUndefined();
    expect(readNumber(2 ** 31, rule)).toBeUndefined();
  });

  it.each(NUMBER_RULES.filter(({ unit }) => unit === 'milliseconds'))('$option may be half a millisecond', (rule) => {
    expect(readNumber(0.5, rule)).toBeUndefined();
  });

  it.each(NUMBER_RULES.filter(({ unit }) => unit !== 'milliseconds'))('$option must be whole', (rule) => {
    expect(readNumber(1.5, rule)?.en).toMatch(/a whole number/);
    expect(readNumber(0.5, rule)?.en).toMatch(/a whole number/);
  });

  it('may be 0 for the waiting time for photos, and where a window may be closed', () => {
    const zeroAllowed = NUMBER_RULES.filter((rule) => readNumber(0, rule) === undefined).map(({ option }) => option);
    expect(zeroAllowed).toEqual(['verifyWindowMs', 'waitForPhotosMs', 'waitForResultMs']);
    expect(readNumber(-0, { option: 'waitForPhotosMs', unit: 'milliseconds', zeroAllowed: true })).toBeUndefined();
  });

  it('has a rule for every option whose default is a number, and for those that may be left out', () => {
    const numeric = Object.entries(DEFAULTS).flatMap(([name, value]) => (typeof value === 'number' ? [name] : []));
    const ruled = NUMBER_RULES.filter(({ optional }) => !optional);
    expect(ruled.map(({ option }) => option as string).sort()).toEqual(numeric.sort());
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
    const rule = { option: 'timeoutMs', unit: 'milliseconds' } as const;
    const said = (value: unknown) => readNumber(value, rule)?.en.replace(/^.*; /, '');
    expect(said('5s')).toBe('got text "5s"');
    expect(said('30 minutes')).toBe('got text "30 minutes"');
    expect(said('"15000"')).toBe('got text in quotation marks');
    expect(said('hunter2')).toBe('got text');
    expect(said('6222021234567890128')).toBe('got text');
    expect(said(NaN)).toBe('got NaN');
    expect(said(null)).toBe('got null');
    expect(said([5])).toBe('got a list');
    expect(said({})).toBe('got an object');
    expect(said(5n)).toBe('got a bigint');
  });
});

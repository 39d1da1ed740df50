import { DEFAULTS } from './defaults.js';
import { NUMBER_RULES, readNumber } from './number-options.js';

const NO_NUMBERS = [NaN, Infinity, -Infinity, -1, -0.5, '5', '', true, null, undefined, {}, [5], 5n, new Date(5)];

describe('a numeric option', () => {
  it.each(NUMBER_RULES)('$option: what is no number, or less than it may be, is refused with its unit', (rule) => {
    for (const value of NO_NUMBERS.filter((none) => none !== undefined || !rule.optional)) {
      expect([value, readNumber(value, rule)]).toEqual([value, expect.stringMatching(/^must be a .*(0 or )?more/)]);
    }
    expect(readNumber(1, rule)).toBeUndefined();
    expect(readNumber(2 ** 31, rule)).toBeUndefined();
  });

  it.each(NUMBER_RULES.filter(({ unit }) => unit === 'milliseconds'))('$option may be half a millisecond', (rule) => {
    expect(readNumber(0.5, rule)).toBeUndefined();
  });

  it.each(NUMBER_RULES.filter(({ unit }) => unit !== 'milliseconds'))('$option must be whole', (rule) => {
    expect(readNumber(1.5, rule)).toMatch(/a whole number/);
    expect(readNumber(0.5, rule)).toMatch(/a whole number/);
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
});

import { WARNING_TEXTS } from '../../errors/vendor-codes.js';
import { readWarnings } from './result-response.js';

const codes = (one: unknown, several?: unknown) => readWarnings(one, several).map(({ code }) => code);

describe('warnings', () => {
  it.each<[warnCode: unknown, multiWarnCode: unknown, expected: string[]]>([
    ['0', '0', []],
    ['', '', []],
    [undefined, undefined, []],
    [null, null, []],
    [0, 0, []],
    ['0', '[]', []],
    ['0', '[0]', []],
    ['-9113', undefined, ['-9113']],
    ['-9113', '-9113', ['-9113']],
    ['-9113', '[-9113]', ['-9113']],
    ['-9110', '[-9110,-9111,-9114]', ['-9110', '-9111', '-9114']],
    ['0', '[-9110,-9111]', ['-9110', '-9111']],
    ['66661009', '[-9110, -9111 ,-9114]', ['66661009', '-9110', '-9111', '-9114']],
    ['-9110', '["-9110","-9111"]', ['-9110', '-9111']],
    ['-9110', '-9110,-9111', ['-9110', '-9111']],
    ['-9110', '-9110;-9111|66661009', ['-9110', '-9111', '66661009']],
    [-9110, [-9110, -9111], ['-9110', '-9111']],
    ['-9110', ['-9111', '[-9112]'], ['-9110', '-9111', '-9112']],
    ['-9110', [null, {}, true, '0', ''], ['-9110']],
    ['null', 'null', []],
    ['-9110', '[null]', ['-9110']],
    ['-9999', 'NEW_CODE', ['-9999', 'NEW_CODE']],
    [{}, true, []],
  ])('warnCode %j and multiWarnCode %j give %j', (warnCode, multiWarnCode, expected) => {
    expect(codes(warnCode, multiWarnCode)).toEqual(expected);
  });

  it.each(Object.entries(WARNING_TEXTS))('%s has its text', (code, text) => {
    expect(readWarnings(code, undefined)).toEqual([{ code, ...text }]);
  });

  it.each(['__proto__', 'constructor', '-9999'])('%s, which no document knows, is readable', (code) => {
    const [warning] = readWarnings(code, undefined);
    expect(warning).toEqual({
      code,
      en: expect.stringContaining('not documented'),
      zh: expect.stringContaining('未收录'),
    });
  });

  it.each<[string, unknown]>([
    ['a card number', '6222021234567890128'],
    ['a card number in a list', '[-9110,6222021234567890128]'],
    ['a card number that is a JSON number', 6_222_021_234_567_890],
    ['a card number in an array', [6_222_021_234_567_890]],
    ['a nonce', 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T'],
    ['a number with an exponent', 1e300],
  ])('does not take for a code: %s', (_what, field) => {
    expect(codes(field).filter((code) => code !== '-9110')).toEqual([]);
  });

  it('are not more than a card can have, however many come', () => {
    expect(codes(Array.from({ length: 100_000 }, (_, index) => index + 1))).toHaveLength(64);
    expect(codes(Array.from({ length: 1_000 }, (_, index) => index + 1).join(',')).length).toBeLessThanOrEqual(64);
  });

  it('are read from arrays in arrays without an end to the stack', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}"-9110"${']'.repeat(100_000)}`) as unknown;
    expect(() => readWarnings('-9111', deep)).not.toThrow();
    expect(codes('-9111', deep)).toContain('-9111');
  });
});

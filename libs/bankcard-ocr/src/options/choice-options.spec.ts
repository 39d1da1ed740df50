import { DEFAULTS } from './defaults.js';
import { CHOICE_RULES, readChoice } from './option-values.js';

describe('an option that is one of a few values', () => {
  it.each(CHOICE_RULES)(
    '$option takes its choices, its default among them, and nothing else',
    ({ option, choices }) => {
      for (const choice of choices) expect(readChoice(choice, choices)).toBeUndefined();
      expect(choices).toContain((DEFAULTS as Record<string, unknown>)[option]);
      for (const wrong of ['', 'x', 'TRUE', 'constructor', 0, 1, null, undefined, {}, [choices[0]]]) {
        expect([wrong, readChoice(wrong, choices)?.en]).toEqual([wrong, expect.stringMatching(/^must be .*; got /)]);
        expect(readChoice(wrong, choices)?.zh).toMatch(/^必须是 .*；实际为/);
      }
    },
  );

  it('is refused with every choice that there is', () => {
    expect(readChoice('c', ['a', 'b'])?.en).toBe("must be 'a' or 'b'; got text");
    expect(readChoice(4, ['a', 'b', 'c'])?.en).toBe("must be 'a', 'b' or 'c'; got 4");
    expect(readChoice('"true"', [true, false])?.en).toBe('must be true or false; got text in quotation marks');
  });

  it('has a rule when its default is a choice', () => {
    const ruled = new Set(CHOICE_RULES.map(({ option }) => option as string));
    const booleans = Object.entries(DEFAULTS).flatMap(([name, value]) => (typeof value === 'boolean' ? [name] : []));
    for (const name of [...booleans, 'role', 'appIdParameter']) expect(ruled).toContain(name);
  });
});

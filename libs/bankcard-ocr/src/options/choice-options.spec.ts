import { DEFAULTS } from './defaults.js';
import { CHOICE_RULES, readChoice } from './choice-options.js';

describe('an option that is one of a few values', () => {
  it.each(CHOICE_RULES)(
    '$option takes its choices, its default among them, and nothing else',
    ({ option, choices }) => {
      for (const choice of choices) expect(readChoice(choice, choices)).toBeUndefined();
      expect(choices).toContain((DEFAULTS as Record<string, unknown>)[option]);
      for (const wrong of ['', 'x', 'TRUE', 'constructor', 0, 1, null, undefined, {}, [choices[0]]]) {
        expect([wrong, readChoice(wrong, choices)]).toEqual([wrong, expect.stringMatching(/^must be /)]);
      }
    },
  );

  it('is refused with every choice that there is', () => {
    expect(readChoice('c', ['a', 'b'])).toBe("must be 'a' or 'b'");
    expect(readChoice('d', ['a', 'b', 'c'])).toBe("must be 'a', 'b' or 'c'");
    expect(readChoice('true', [true, false])).toBe('must be true or false, not a text');
  });

  it('has a rule when its default is a choice', () => {
    const ruled = new Set(CHOICE_RULES.map(({ option }) => option as string));
    const booleans = Object.entries(DEFAULTS).flatMap(([name, value]) => (typeof value === 'boolean' ? [name] : []));
    for (const name of [...booleans, 'role', 'onStoreLoss', 'appIdParameter']) expect(ruled).toContain(name);
  });
});

import { inspect } from 'node:util';
import { ExtraFields } from './extra-fields.js';

const CANARY = 'canary-6222021234567890128';
const extra = new ExtraFields([
  ['bankName', CANARY],
  ['__proto__', `${CANARY}-of-the-prototype`],
  ['frontCode', 0],
  ['success', null],
]);

describe('unknown fields', () => {
  it('are there for who asks by name', () => {
    expect(extra.names()).toEqual(['bankName', '__proto__', 'frontCode', 'success']);
    expect(extra.get('bankName')).toBe(CANARY);
    expect(extra.get('__proto__')).toBe(`${CANARY}-of-the-prototype`);
    expect(extra.get('frontCode')).toBe(0);
    expect(extra.get('success')).toBeNull();
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'other'])('have nothing under %s', (name) => {
    expect(extra.get(name)).toBeUndefined();
  });

  it('are never printed', () => {
    const shown = [
      JSON.stringify({ extra }),
      JSON.stringify([extra]),
      // oxlint-disable-next-line typescript/no-base-to-string, typescript/restrict-template-expressions -- the accident
      `${extra}`,
      inspect({ extra }, { depth: Infinity, showHidden: true }),
      inspect(extra, { depth: Infinity, showHidden: true, customInspect: false }),
      inspect(structuredClone(extra), { depth: Infinity, showHidden: true }),
    ].join('\n');
    expect(shown).not.toContain('canary');
    expect(shown).not.toContain('bankName');
    expect(inspect(extra)).toBe('ExtraFields(4)');
    expect(JSON.stringify({ extra })).toBe('{}');
  });

  it('may be none', () => {
    expect(new ExtraFields().names()).toEqual([]);
  });
});

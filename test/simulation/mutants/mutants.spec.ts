import path from 'node:path';
import { MUTANTS, mutatedText } from './mutants.js';

const ROOT = path.join(__dirname, '../../..');

describe('the deliberate breakages of the credential code', () => {
  it('are enough', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(24);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  // Cheap, unlike running them: npm run simulate:mutants.
  it.each(MUTANTS)('still find their place: $name', (mutant) => {
    expect(() => mutatedText(ROOT, mutant)).not.toThrow();
  });
});

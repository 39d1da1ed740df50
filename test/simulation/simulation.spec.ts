import { describeFailure } from './failure.js';
import { MIXES } from './faults/mixes.js';
import type { RunSettings } from './plan.js';
import { type RunResult, simulate } from './run.js';

/** Of each mix. More of them: npm run simulate. */
const SEEDS = [1, 2];

/** Runs that once broke an invariant, and what was wrong then. */
const REGRESSIONS: readonly (RunSettings & { readonly was: string })[] = [
  { seed: 1118, mix: 'alone', was: 'an early timer ended the schedule of a process that nobody queried' },
];

/** The story is what a failure shows. */
function toldBy(result: RunResult): string {
  return result.violations.length > 0 ? describeFailure(result).join('\n') : '';
}

describe('a simulated fleet', () => {
  it.each(Object.keys(MIXES))('keeps every invariant in the mix %s', async (mix) => {
    for (const seed of SEEDS) expect(toldBy(await simulate({ seed, mix }))).toBe('');
  });

  it.each(REGRESSIONS)('keeps them in seed $seed of the mix $mix, where $was', async ({ was: _was, ...settings }) => {
    expect(toldBy(await simulate(settings))).toBe('');
  });

  it.each(['severalFocus', 'file', 'clocks', 'secret', 'processes'])(
    'does the same at the same moments when a seed of the mix %s is repeated',
    async (mix) => {
      const settings = { seed: 3, mix, minutes: 20 };
      const [first, second] = [await simulate(settings), await simulate(settings)];
      expect(second.digest).toBe(first.digest);
      expect(second.lines).toEqual(first.lines);
      expect(first.statistics['events']).toBeGreaterThan(1_000);
    },
  );

  it('does something else with another seed', async () => {
    const [first, second] = [
      await simulate({ seed: 1, mix: 'calm', minutes: 10 }),
      await simulate({ seed: 2, mix: 'calm', minutes: 10 }),
    ];
    expect(second.digest).not.toBe(first.digest);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describeFailure } from './failure.js';
import { MIXES } from './faults/mixes.js';
import type { Plan } from './plan.js';
import { type RunResult, simulate, simulatePlan } from './run.js';

/** Of each mix. More of them: npm run simulate. */
const SEEDS = [1, 2];

/** A run that once broke an invariant, as `--save` keeps it. */
interface Regression {
  /** What was broken then. */
  readonly was: readonly string[];
  readonly plan: Plan;
}

const FOLDER = path.join(__dirname, 'regressions');
const REGRESSIONS = readdirSync(FOLDER).map((file) => {
  const { was, plan } = JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Regression;
  return { name: path.basename(file, '.json'), was: was[0], plan };
});

/** The story is what a failure shows. */
function toldBy(result: RunResult): string {
  return result.violations.length > 0 ? describeFailure(result).join('\n') : '';
}

describe('a simulated fleet', () => {
  it.each(Object.keys(MIXES))('keeps every invariant in the mix %s', async (mix) => {
    for (const seed of SEEDS) expect(toldBy(await simulate({ seed, mix, minutes: 20, interval: 3 }))).toBe('');
  });

  it.each(REGRESSIONS)('keeps them in the regression $name, where it was: $was', async ({ plan }) => {
    expect(toldBy(await simulatePlan(plan))).toBe('');
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

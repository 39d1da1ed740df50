import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from '../support/worker.js';
import type { SimulationReply, SimulationRequest } from '../workers/simulation.worker.js';
import { MIXES } from './faults/mixes.js';
import type { Plan } from './plan.js';
import { simulate } from './run.js';

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

describe('a simulated fleet', () => {
  let worker: Worker;
  beforeAll(() => (worker = Worker.start('simulation.worker')));
  afterAll(() => worker.kill());

  async function runElsewhere(request: SimulationRequest): Promise<SimulationReply> {
    const reply = worker.nextLine('run ');
    worker.tell(JSON.stringify(request));
    return JSON.parse(await reply) as SimulationReply;
  }

  it.each(Object.keys(MIXES))('keeps every invariant in the mix %s', async (mix) => {
    for (const seed of SEEDS) {
      const { failure } = await runElsewhere({ seed, mix, minutes: 20, interval: 3 });
      expect(failure).toBe('');
    }
  });

  it.each(REGRESSIONS)('keeps them in the regression $name, where it was: $was', async ({ plan }) => {
    const { failure } = await runElsewhere({ plan });
    expect(failure).toBe('');
  });

  // This process has run nothing before, and Jest compiles its code; the other one has run all of the above.
  it.each(['severalFocus', 'file', 'clocks', 'secret', 'processes'])(
    'does the same at the same moments in two processes, for a seed of the mix %s',
    async (mix) => {
      const settings = { seed: 3, mix, minutes: 20, interval: 4 };
      const [here, there] = [await simulate(settings), await runElsewhere(settings)];
      expect(there.digest).toBe(here.digest);
      expect(there.events).toBe(here.statistics['events']);
      expect(there.events).toBeGreaterThan(1_000);
    },
  );

  it('does the same again when a seed is repeated in one process', async () => {
    const settings = { seed: 4, mix: 'severalFocus', minutes: 10 };
    const [first, second] = [await simulate(settings), await simulate(settings)];
    expect(second.lines).toEqual(first.lines);
    expect(second.digest).toBe(first.digest);
  });

  it('does something else with another seed', async () => {
    const [first, second] = [
      await runElsewhere({ seed: 1, mix: 'calm', minutes: 10 }),
      await runElsewhere({ seed: 2, mix: 'calm', minutes: 10 }),
    ];
    expect(second.digest).not.toBe(first.digest);
  });
});

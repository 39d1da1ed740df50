import { sealedOff } from './kernel/sealed-off.js';
import type { Violation } from './invariants/witness.js';
import { type Plan, planRun, type RunSettings } from './plan.js';
import type { StoryLine } from './story.js';
import { World } from './world.js';

/** What came of a run. */
export interface RunResult {
  readonly plan: Plan;
  readonly violations: readonly Violation[];
  readonly lines: readonly StoryLine[];
  /** The same whenever the run is repeated. */
  readonly digest: string;
  readonly statistics: Readonly<Record<string, number>>;
}

/** Run a seed. */
export async function simulate(settings: RunSettings): Promise<RunResult> {
  return simulatePlan(planRun(settings));
}

/** Run what has been planned before. */
export async function simulatePlan(plan: Plan): Promise<RunResult> {
  const world = new World(plan);
  await sealedOff(() => world.run());
  const { witness, story, kernel } = world;
  return {
    plan,
    violations: witness.violations,
    lines: story.lines,
    digest: story.digest(),
    statistics: { ...witness.counts, events: kernel.events, virtualMs: plan.durationMs },
  };
}

import { createInterface } from 'node:readline';
import { describeFailure } from '../simulation/failure.js';
import type { Plan, RunSettings } from '../simulation/plan.js';
import { simulate, simulatePlan } from '../simulation/run.js';

/** A run to make, as a line on stdin: a seed, or a plan that was made before. */
export type SimulationRequest = RunSettings | { readonly plan: Plan };

/** What came of a run, as a line on stdout. */
export interface SimulationReply {
  /** What a person reads about a broken invariant; empty when none was broken. */
  readonly failure: string;
  readonly digest: string;
  readonly events: number;
}

/**
 * Simulations in a process of their own, one after another. Prints `run <json>` after each: outside of Jest, whose hooks
 * on promises slow a run down to half.
 */
async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as SimulationRequest;
    const result = await ('plan' in request ? simulatePlan(request.plan) : simulate(request));
    const reply: SimulationReply = {
      failure: result.violations.length > 0 ? describeFailure(result).join('\n') : '',
      digest: result.digest,
      events: result.statistics['events']!,
    };
    console.log(`run ${JSON.stringify(reply)}`);
  }
}

void main();

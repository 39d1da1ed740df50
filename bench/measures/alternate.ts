import { Comparison } from './comparison.js';
import { type Cost, costOf } from './cost.js';

/** Something that is measured: it does its work `times` times. */
export interface Subject {
  readonly name: string;
  run(times: number): Promise<unknown> | void;
  /** In place of {@link run}, where the work is done by another process, which measures it. */
  measure?(times: number): Promise<Cost>;
  /** After each slice: what it does is not counted. */
  tidy?(): Promise<void>;
}

/** How subjects are measured. */
export interface Plan {
  /** Slices of each subject, of which the median is quoted. At least 15 for a figure that is quoted. */
  readonly rounds: number;
  /** Milliseconds that one slice is to take, 60 to 300. */
  readonly sliceMs: number;
  /** What counts of a slice: of the processor for what waits for the network, of the clock for the rest. */
  readonly cost: keyof Cost;
  /** Slices of each subject before any is counted: until its code is compiled. */
  readonly warmUp: number;
}

/**
 * Measure subjects in turns, slice by slice, in one process: whatever else the machine does, it does to all of them, and
 * the ratio of two neighboring slices stays true when the figures themselves do not.
 */
export async function alternate(subjects: readonly Subject[], plan: Plan): Promise<Comparison> {
  const comparison = new Comparison();
  const entrants: { subject: Subject; times: number }[] = [];
  for (const subject of subjects) {
    try {
      entrants.push({ subject, times: await timesInSlice(subject, plan) });
    } catch (error) {
      comparison.leaveOut(subject.name, error);
    }
  }
  for (let round = 0; round < plan.rounds; round += 1) {
    // Nobody always follows the same neighbor.
    const order = entrants.map((_, position) => entrants[(position + round) % entrants.length]);
    for (const entrant of round % 2 ? order.toReversed() : order) {
      if (!entrant) continue;
      comparison.add(entrant.subject.name, (await measure(entrant.subject, entrant.times, plan.cost)) / entrant.times);
    }
  }
  return comparison;
}

async function measure(subject: Subject, times: number, cost: Plan['cost']): Promise<number> {
  const found = await (subject.measure?.(times) ?? costOf(async () => subject.run(times)));
  await subject.tidy?.();
  return found[cost];
}

/** Slices of warming up, until the code is compiled and the connections are open; they tell how much fits into one. */
async function timesInSlice(subject: Subject, { sliceMs, cost, warmUp }: Plan): Promise<number> {
  await measure(subject, 1, cost);
  let times = 1;
  for (let slices = 0; slices < warmUp;) {
    const spentMs = (await measure(subject, times, cost)) / 1_000;
    if (spentMs >= sliceMs / 2) slices += 1;
    // At most twice as many as before: the first ones are slow.
    times = Math.max(1, Math.min(times * 2, Math.round((times * sliceMs) / Math.max(spentMs, 0.01))));
  }
  return times;
}

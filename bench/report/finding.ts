import { median } from '../measures/median.js';

/** One figure that a group of measurements found. */
export interface Finding {
  /** What goals are named by, e.g. `photos-8mb-undici`. */
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  readonly value?: number;
  /** Why there is no value. */
  readonly skipped?: string | undefined;
}

/** Collects what a group finds; what cannot be measured is told with its reason. */
export class Findings {
  readonly all: Finding[] = [];

  add(id: string, what: string, unit: string, measure: () => number): void {
    try {
      this.all.push({ id, what, unit, value: measure() });
    } catch (error) {
      this.all.push({ id, what, unit, skipped: (error as Error).message });
    }
  }
}

/** Of each figure the median over all runs that have it. */
export function medianOf(runs: readonly (readonly Finding[])[]): Finding[] {
  const [first = [], ...others] = runs.toSorted((one, other) => other.length - one.length);
  return first.map((finding) => {
    const all = [finding, ...others.flatMap((run) => run.filter(({ id }) => id === finding.id))];
    const values = all.flatMap(({ value }) => value ?? []);
    return values.length === 0 ? finding : { ...finding, value: median(values), skipped: undefined };
  });
}

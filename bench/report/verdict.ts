import type { Finding } from './finding.js';
import { type Goal, GOALS } from './goals.js';

/** A figure beside its goal. */
export interface Verdict extends Finding {
  readonly group: string;
  readonly goal?: Omit<Goal, 'id' | 'group'>;
  /** `info` has no goal; what a goal asks for and nobody could measure is `unmeasured`, and no better than a miss. */
  readonly verdict: 'met' | 'missed' | 'unmeasured' | 'info';
}

/** What a group found beside what it should have found. */
export function judge(group: string, findings: readonly Finding[], goals: readonly Goal[] = GOALS): Verdict[] {
  const own = goals.filter((goal) => goal.group === group);
  const known = new Set(findings.map(({ id }) => id));
  const absent = own
    .filter(({ id }) => !known.has(id))
    .map(({ id }): Finding => ({ id, what: id, unit: '', skipped: 'the group did not get that far' }));
  return [...findings, ...absent].map((finding) => {
    const goal = own.find(({ id }) => id === finding.id);
    return { ...finding, group, goal: goal && withoutNames(goal), verdict: verdictOn(finding, goal) };
  });
}

/** Whether the run fails. */
export function failed(verdicts: readonly Verdict[]): boolean {
  return verdicts.some(({ goal, verdict }) => goal?.kind === 'must' && verdict !== 'met');
}

function verdictOn({ value }: Finding, goal: Goal | undefined): Verdict['verdict'] {
  if (!goal) return 'info';
  if (value === undefined || Number.isNaN(value)) return 'unmeasured';
  const { test, value: wanted } = goal;
  const met = test === 'atMost' ? value <= wanted : test === 'atLeast' ? value >= wanted : value === wanted;
  return met ? 'met' : 'missed';
}

function withoutNames({ kind, test, value, reason }: Goal): Omit<Goal, 'id' | 'group'> {
  return { kind, test, value, reason };
}

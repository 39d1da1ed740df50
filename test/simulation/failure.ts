import type { RunSettings } from './plan.js';
import { type RunResult, simulate } from './run.js';
import { clockTime, type StoryLine } from './story.js';

/** Lines of a story that is read by a person. */
const MOST_LINES = 70;

/**
 * Make a failure smaller: leave out one fault after the other, and one instance after the other, as long as the same
 * invariant is broken.
 */
export async function smallest(
  settings: RunSettings,
  result: RunResult,
): Promise<{ readonly settings: RunSettings; readonly result: RunResult }> {
  const rule = result.violations[0]!.rule;
  let best = {
    settings: {
      ...settings,
      faults: result.plan.faults.map(({ number }) => number),
      instances: settings.instances ?? result.plan.instances.map((_, index) => index),
    },
    result,
  };
  const tryToLeaveOut = async (member: 'faults' | 'instances', least: number): Promise<void> => {
    for (const number of best.settings[member]) {
      // The first instance is one that refreshes.
      if (member === 'instances' && number === 0) continue;
      if (best.settings[member].length <= least) return;
      const smaller = { ...best.settings, [member]: best.settings[member].filter((one) => one !== number) };
      const again = await simulate(smaller);
      if (again.violations.some((one) => one.rule === rule)) best = { settings: smaller, result: again };
    }
  };
  await tryToLeaveOut('faults', 0);
  await tryToLeaveOut('instances', 1);
  await tryToLeaveOut('faults', 0);
  return best;
}

/** The command that repeats a run. */
export function commandFor({ seed, mix, minutes, interval, faults, instances }: RunSettings): string {
  const parts = [`npm run simulate -- --seed ${seed} --seeds 1 --mix ${mix}`];
  if (minutes !== undefined) parts.push(`--minutes ${minutes}`);
  if (interval !== undefined) parts.push(`--interval ${interval}`);
  if (faults) parts.push(`--faults ${faults.join(',') || '-1'}`);
  if (instances) parts.push(`--instances ${instances.join(',')}`);
  return parts.join(' ');
}

/** The story of a run, until its first violation. */
export function describeFailure({ plan, lines, violations }: RunResult, { all = false } = {}): string[] {
  const { store, intervalMs, rules, machines, instances, seed, mix } = plan;
  const head = [
    `seed ${seed}, mix ${mix}: ${instances.length} instances on ${machines.length} machines, store: ${store}, ` +
      `interval ${Math.round(intervalMs / 1_000)} s, token ${rules.tokenLifeMs / 1_000} s, ticket ` +
      `${rules.ticketLifeMs / 1_000} s, code of a dead ticket ${rules.deadTicketCode}`,
    ...violations.map(({ rule, at, text }) => `${clockTime(at)}  ${rule}: ${text}`),
    '',
  ];
  const told = lines.map(({ at, text }) => `${clockTime(at)}  ${text}`);
  if (all) return [...head, ...told];
  return [...head, ...relevant(lines, violations[0]?.at ?? Number.POSITIVE_INFINITY)];
}

/** What happened around the faults and before the violation; long stretches of the usual are left out. */
function relevant(lines: readonly StoryLine[], until: number): string[] {
  const before = lines.filter(({ at }) => at <= until);
  const shown = new Set<StoryLine>(before.slice(-MOST_LINES));
  for (const line of before) if (line.text.startsWith('***') || line.text.startsWith('!!!')) shown.add(line);
  const told: string[] = [];
  let leftOut = 0;
  for (const line of before) {
    if (!shown.has(line)) {
      leftOut += 1;
      continue;
    }
    if (leftOut > 0) told.push(`            (${leftOut} lines)`);
    leftOut = 0;
    told.push(`${clockTime(line.at)}  ${line.text}`);
  }
  return told;
}

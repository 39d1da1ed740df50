import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MIXES } from './faults/mixes.js';
import { commandFor, describeFailure, smallest } from './failure.js';
import type { RunSettings } from './plan.js';
import { type RunResult, simulate } from './run.js';

/** What the runs of a mix came to. */
interface Totals {
  seeds: number;
  violated: number;
  virtualMs: number;
  queries: number;
  tokens: number;
  events: number;
}

const USAGE = `npm run simulate -- [--seeds N] [--seed FIRST] [--mix NAME] [--minutes N] [--interval MINUTES]
                    [--faults 0,2] [--instances 0,1] [--story] [--keep-going] [--no-smaller] [--save NAME]

Runs N seeds over the mixes in turn, or over one mix. Mixes: ${Object.keys(MIXES).join(', ')}.
`;

/** Run seeds as the command line asks, and end with 1 when an invariant was broken. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      mix: { type: 'string' },
      minutes: { type: 'string' },
      interval: { type: 'string' },
      faults: { type: 'string' },
      instances: { type: 'string' },
      story: { type: 'boolean', default: false },
      'keep-going': { type: 'boolean', default: false },
      'no-smaller': { type: 'boolean', default: false },
      save: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  process.on('unhandledRejection', (error) => {
    console.error('a promise of the library was rejected, and nobody listened:', error);
    process.exit(1);
  });
  const names = values.mix === undefined ? Object.keys(MIXES) : values.mix.split(',');
  const first = Number(values.seed);
  const totals = new Map<string, Totals>();
  const startedAt = performance.now();
  let failed = 0;
  for (let seed = first; seed < first + Number(values.seeds); seed += 1) {
    const settings: RunSettings = {
      seed,
      mix: names[seed % names.length]!,
      minutes: numberOf(values.minutes),
      interval: numberOf(values.interval),
      faults: numbersOf(values.faults),
      instances: numbersOf(values.instances),
    };
    const result = await simulate(settings);
    add(totals, settings.mix, result);
    if (values.story) for (const line of describeFailure(result, { all: true })) console.log(line);
    if (result.violations.length === 0) continue;
    failed += 1;
    if (values['keep-going']) {
      const found = result.violations.map(({ rule, text }) => `${rule} (${text})`).join('; ');
      console.log(`seed ${seed}, mix ${settings.mix}: ${found}\n    ${commandFor(settings)}`);
      continue;
    }
    const shown = values['no-smaller'] ? { settings, result } : await smallest(settings, result);
    console.log(`seed ${seed}, mix ${settings.mix}: ${result.violations.map(({ rule }) => rule).join(', ')}`);
    for (const line of describeFailure(shown.result)) console.log(line);
    if (values.save !== undefined) save(values.save, shown.result);
    console.log(`\nAgain:\n    ${commandFor(settings)}\nThis story:\n    ${commandFor(shown.settings)} --story`);
    break;
  }
  summarize(totals, (performance.now() - startedAt) / 1_000);
  process.exitCode = failed > 0 ? 1 : 0;
}

/** Keep the plan of a run as a regression case. */
function save(name: string, { plan, violations }: RunResult): void {
  const was = violations.map(({ rule, text }) => `${rule}: ${text}`);
  const file = path.resolve('test/simulation/regressions', `${name}.json`);
  writeFileSync(file, `${JSON.stringify({ was, plan }, undefined, 2)}\n`);
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function numbersOf(text: string | undefined): number[] | undefined {
  return text?.split(',').filter(Boolean).map(Number);
}

function add(totals: Map<string, Totals>, mix: string, { violations, statistics }: RunResult): void {
  const before = totals.get(mix) ?? { seeds: 0, violated: 0, virtualMs: 0, queries: 0, tokens: 0, events: 0 };
  totals.set(mix, {
    seeds: before.seeds + 1,
    violated: before.violated + (violations.length > 0 ? 1 : 0),
    virtualMs: before.virtualMs + statistics['virtualMs']!,
    queries: before.queries + statistics['queries']!,
    tokens: before.tokens + statistics['tokens']!,
    events: before.events + statistics['events']!,
  });
}

function summarize(totals: ReadonlyMap<string, Totals>, tookS: number): void {
  console.log('\nmix             seeds  violated  virtual h    queries  refreshes');
  let sum: Totals = { seeds: 0, violated: 0, virtualMs: 0, queries: 0, tokens: 0, events: 0 };
  const line = (name: string, { seeds, violated, virtualMs, queries, tokens }: Totals) =>
    console.log(
      `${name.padEnd(15)}${String(seeds).padStart(6)}${String(violated).padStart(10)}${hours(virtualMs).padStart(11)}` +
        `${String(queries).padStart(11)}${String(tokens).padStart(11)}`,
    );
  for (const [name, one] of totals) {
    line(name, one);
    sum = {
      seeds: sum.seeds + one.seeds,
      violated: sum.violated + one.violated,
      virtualMs: sum.virtualMs + one.virtualMs,
      queries: sum.queries + one.queries,
      tokens: sum.tokens + one.tokens,
      events: sum.events + one.events,
    };
  }
  line('all', sum);
  console.log(
    `${tookS.toFixed(1)} s, ${(sum.virtualMs / 3_600_000 / tookS).toFixed(1)} virtual hours a second, ` +
      `${Math.round(sum.events / tookS)} events a second`,
  );
}

function hours(ms: number): string {
  return (ms / 3_600_000).toFixed(1);
}

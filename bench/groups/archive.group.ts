import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { KeeperName, Place } from '../keepers/keeper.js';
import { alternate, type Subject } from '../measures/alternate.js';
import type { Comparison } from '../measures/comparison.js';
import type { Cost } from '../measures/cost.js';
import { median } from '../measures/median.js';
import { answerOf, askPinned, CORES, startPinned } from '../processes/pinned-process.js';
import { Findings } from '../report/finding.js';
import { PHOTO_ANSWER_BYTES } from '../vendor/photo-size.js';
import { SHARES } from '../vendor/photos.js';
import type { KeepingAnswer, KeepingTask } from './archive-process.js';

const NAMES: readonly KeeperName[] = ['by-hand', 'archive'];
const AT_ONCE = 20;
/** The same code differs by a third between two processes, for as long as they live: by how often V8 collects the whole heap. */
const PROCESSES = 3;
const PLAN = { rounds: 6, sliceMs: 200, cost: 'cpu', warmUp: 10 } as const;
const RATE_PLAN = { ...PLAN, rounds: 3, cost: 'time', warmUp: 1 } as const;
const WARM_UP = 500;
const MEGABYTE = 1_000_000;

/** Keeping orders with photos as evidence, on a disk and in a bucket, beside the same work by hand. */
export async function archive(): Promise<Findings> {
  const findings = new Findings();
  const root = mkdtempSync(path.join(process.env['BENCH_ROOT'] ?? '', 'evidence-'));
  const bucket = startPinned({ script: 'vendor/s3-process.js', core: CORES.vendor });
  try {
    const address = await answerOf<Pick<Place & { kind: 'bucket' }, 'bucket' | 'client'>>(bucket);
    const placeOf = (kind: Place['kind'], name: string): Place => {
      const folder = mkdtempSync(path.join(root, `${name}-`));
      return kind === 'directory'
        ? { kind, folder }
        : { kind, folder, prefix: `${path.basename(folder)}/`, ...address };
    };
    for (const kind of ['directory', 'bucket'] as const) {
      const pairs: Pair[] = [];
      for (let count = 0; count < PROCESSES; count += 1) {
        pairs.push(
          await compare(
            NAMES.map((name) => placeOf(kind, name)),
            bucket,
          ),
        );
      }
      report(findings, kind, pairs);
      await emptied(bucket);
      for (const name of NAMES) {
        for (const size of ['M', 'L'] as const)
          await memory(findings, { kind, name, size, place: placeOf(kind, name) });
      }
      await emptied(bucket);
    }
    await scaling(findings, placeOf('directory', 'growing'));
  } finally {
    bucket.disconnect();
    rmSync(root, { recursive: true, force: true });
  }
  return findings;
}

/** What one process of each has cost. */
interface Pair {
  readonly cost: Comparison;
  readonly time: Comparison;
}

/** Each in a process of its own: what one leaves to the collector of garbage is not collected at the cost of the other. */
async function compare(places: readonly Place[], bucket: ChildProcess): Promise<Pair> {
  const keepers = NAMES.map((name, index) => {
    const place = places[index]!;
    const task: KeepingTask = { name, place, task: 'slices', orders: WARM_UP, atOnce: AT_ONCE, size: 'M' };
    return startPinned({ script: 'groups/archive-process.js', args: [JSON.stringify(task)], core: CORES.client });
  });
  try {
    await Promise.all(keepers.map(async (keeper) => answerOf(keeper)));
    const subjects = NAMES.map((name, index) => subjectOf(name, keepers[index]!, bucket));
    const cost = await alternate(subjects, PLAN);
    return { cost, time: await alternate(subjects, RATE_PLAN) };
  } finally {
    for (const keeper of keepers) keeper.disconnect();
  }
}

function report(findings: Findings, kind: string, pairs: readonly Pair[]): void {
  const what = `an order, 1.2 MB, in a ${kind}`;
  const middle = (of: (pair: Pair) => number) => median(pairs.map(of));
  findings.add(`archive-${kind}-cpu`, `CPU of ${what}, archive / by hand`, 'x', () =>
    middle(({ cost }) => cost.ratio('archive', 'by-hand')),
  );
  for (const name of NAMES) {
    findings.add(`archive-${kind}-cpu-${name}`, `CPU of ${what}, ${name}`, 'ms', () =>
      middle(({ cost }) => cost.cost(name) / 1_000),
    );
  }
  for (const name of NAMES) {
    findings.add(
      `archive-${kind}-rate-${name}`,
      `orders a second, 1.2 MB, ${AT_ONCE} at once, in a ${kind}, ${name}`,
      '/s',
      () => middle(({ time }) => 1_000_000 / time.cost(name)),
    );
  }
}

/**
 * The bucket is emptied after each slice: its memory is that of this machine, too. A directory is not: for seconds after files
 * were deleted, ext4 is slower to make new ones.
 */
function subjectOf(name: KeeperName, keeper: ChildProcess, bucket: ChildProcess): Subject {
  const measure = async (times: number): Promise<Cost> => {
    const cost = answerOf<Cost>(keeper);
    keeper.send(times);
    return cost;
  };
  return { name, run: measure, measure, tidy: async () => emptied(bucket) };
}

async function emptied(bucket: ChildProcess): Promise<void> {
  const done = new Promise((resolve) => bucket.once('message', resolve));
  bucket.send('empty');
  await done;
}

interface MemoryCase {
  readonly kind: Place['kind'];
  readonly name: KeeperName;
  readonly size: 'M' | 'L';
  readonly place: Place;
}

async function memory(findings: Findings, { kind, name, size, place }: MemoryCase): Promise<void> {
  const photo = (PHOTO_ANSWER_BYTES[size] * SHARES.original * 3) / 4;
  const orders = size === 'M' ? 100 : 60;
  const answer = await ask({ name, place, task: 'memory', orders, atOnce: AT_ONCE, size });
  const [label, id] =
    size === 'M' ? ['1.2 MB', `archive-${kind}-memory-1mb-${name}`] : ['8 MB', `archive-${kind}-memory-8mb-${name}`];
  const what = `peak growth, ${AT_ONCE} orders of ${label} at once, in a ${kind}, ${name}`;
  findings.add(`${id}-mb`, what, 'MB', () => valueOf(answer) / MEGABYTE);
  findings.add(id, `${what} / (${AT_ONCE} largest photos + 64 MB)`, 'x', () => {
    return valueOf(answer) / (AT_ONCE * photo + 64 * MEGABYTE);
  });
}

async function scaling(findings: Findings, place: Place): Promise<void> {
  const answer = await ask({ name: 'archive', place, task: 'scaling', orders: 10_000, atOnce: AT_ONCE, size: 'T' });
  for (const [name, title] of [
    ['1000', '1,000 orders'],
    ['10000', '10,000 orders'],
    ['last', 'the last 100 of 10,000'],
  ] as const) {
    const what = `CPU an order, small photos, in a directory: ${title} / 100 orders`;
    findings.add(`archive-scaling-${name}`, what, 'x', () => valueOf(answer, name));
  }
}

async function ask(task: KeepingTask): Promise<KeepingAnswer> {
  return askPinned({ script: 'groups/archive-process.js', args: [JSON.stringify(task)], core: CORES.client });
}

function valueOf(answer: KeepingAnswer, name = 'growth'): number {
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.values?.[name] ?? NaN;
}

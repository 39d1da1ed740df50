import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { orderNumber } from '../contestants/order-number.js';
import { createKeeper, type Keeper, type KeeperName, type Place } from '../keepers/keeper.js';
import { alternate, type Subject } from '../measures/alternate.js';
import type { Comparison } from '../measures/comparison.js';
import { inFlight } from '../measures/in-flight.js';
import { answerOf, askPinned, CORES, startPinned } from '../processes/pinned-process.js';
import { Findings } from '../report/finding.js';
import { PHOTO_ANSWER_BYTES } from '../vendor/photo-size.js';
import { SHARES } from '../vendor/photos.js';
import type { KeepingAnswer, KeepingTask } from './archive-process.js';

const NAMES: readonly KeeperName[] = ['by-hand', 'archive'];
const AT_ONCE = 20;
const PLAN = { rounds: 15, sliceMs: 200, cost: 'cpu', warmUp: 4 } as const;
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
      const places = NAMES.map((name) => placeOf(kind, name));
      await compare(findings, kind, places, bucket);
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

async function compare(
  findings: Findings,
  kind: string,
  places: readonly Place[],
  bucket: ChildProcess,
): Promise<void> {
  const keepers = await Promise.all(NAMES.map((name, index) => createKeeper(name, places[index]!)));
  // Compiled first, on small photos: what has more code compiles for longer.
  for (const keeper of keepers) await inFlight(WARM_UP, AT_ONCE, () => keeper.keep(nextOrder('T')));
  const cost = await alternate(subjects(keepers, places, bucket), PLAN);
  const time = await alternate(subjects(keepers, places, bucket), { ...PLAN, rounds: 7, cost: 'time', warmUp: 1 });
  for (const keeper of keepers) await keeper.close();
  const what = `an order, 1.2 MB, in a ${kind}`;
  findings.add(`archive-${kind}-cpu`, `CPU of ${what}, archive / by hand`, 'x', () => cost.ratio('archive', 'by-hand'));
  for (const name of NAMES) {
    findings.add(`archive-${kind}-cpu-${name}`, `CPU of ${what}, ${name}`, 'ms', () => cost.cost(name) / 1_000);
  }
  for (const name of NAMES) {
    const rate = (result: Comparison) => 1_000_000 / result.cost(name);
    findings.add(
      `archive-${kind}-rate-${name}`,
      `orders a second, 1.2 MB, ${AT_ONCE} at once, in a ${kind}, ${name}`,
      '/s',
      () => rate(time),
    );
  }
}

function subjects(keepers: readonly Keeper[], places: readonly Place[], bucket: ChildProcess): Subject[] {
  return NAMES.map((name, index) => {
    return {
      name,
      run: (times) => inFlight(times, AT_ONCE, () => keepers[index]!.keep(nextOrder('M'))),
      tidy: async () => {
        emptyFolder(places[index]!.folder);
        await emptied(bucket);
      },
    };
  });
}

let serial = 0;
function nextOrder(size: 'M' | 'L' | 'T'): string {
  serial += 1;
  return orderNumber(serial, size);
}

/** The orders go, what the archive made for all of them stays. */
function emptyFolder(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (/(?:[0-9a-f]{2}|keys)\/[0-9a-f]{64}(?:\.key)?$/.test(entry)) {
      rmSync(path.join(folder, entry), { recursive: true, force: true });
    }
  }
}

/** Its memory is that of this machine, too. */
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

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import 'reflect-metadata';
import { orderNumber } from '../contestants/order-number.js';
import { createKeeper, type Keeper, type KeeperName, type Place } from '../keepers/keeper.js';
import { costOf } from '../measures/cost.js';
import { inFlight } from '../measures/in-flight.js';
import { median } from '../measures/median.js';
import { peakGrowth } from '../measures/peak-memory.js';
import { giveAnswer } from '../processes/pinned-process.js';
import type { PhotoSize } from '../vendor/photo-size.js';

/** What one process measures. */
export interface KeepingTask {
  readonly name: KeeperName;
  readonly place: Place;
  /** `slices`: as many orders as each message says; the answers are what they cost. */
  readonly task: 'memory' | 'scaling' | 'slices';
  /** Those of `slices` are small, and kept before the first answer. */
  readonly orders: number;
  readonly atOnce: number;
  readonly size: PhotoSize;
}

/** What it has found out, or why it could not. */
export interface KeepingAnswer {
  readonly values?: Readonly<Record<string, number>>;
  readonly error?: string;
}

const EACH = 100;

async function main(): Promise<void> {
  const task = JSON.parse(process.argv[2] ?? '{}') as KeepingTask;
  if (task.task === 'slices') return keepSlices(task);
  try {
    const values = task.task === 'memory' ? { growth: await growthOf(task) } : await scalingOf(task);
    giveAnswer({ values } satisfies KeepingAnswer);
  } catch (error) {
    giveAnswer({ error: String(error) } satisfies KeepingAnswer);
  }
}

async function keepSlices({ name, place, orders, atOnce, size }: KeepingTask): Promise<void> {
  const keeper = await createKeeper(name, place);
  let serial = 0;
  const keep = (times: number, kind: PhotoSize) =>
    inFlight(times, atOnce, () => keeper.keep(orderNumber((serial += 1), kind)));
  // Compiled first: what has more code compiles for longer.
  process.on('message', (times: number) => {
    void costOf(() => keep(times, size)).then((cost) => process.send?.(cost));
  });
  await keep(orders, 'T');
  process.send?.('ready');
}

async function growthOf({ name, place, orders, atOnce, size }: KeepingTask): Promise<number> {
  const keeper = await createKeeper(name, place);
  // Connections, code and the first allocations are there before anything is counted.
  await inFlight(40, 4, (index) => keeper.keep(orderNumber(index, 'T')));
  return peakGrowth(() => inFlight(orders, atOnce, (index) => keeper.keep(orderNumber(index, size))));
}

/**
 * What an order costs in an archive that grows. Before each hundred, the same hundred in an archive that is new: whatever else
 * the machine does, it does to both.
 */
async function scalingOf({ name, place, orders, atOnce, size }: KeepingTask): Promise<Record<string, number>> {
  const keeper = await createKeeper(name, inFolder(place, 'growing'));
  const first = new Map<number, number>();
  const costs: number[] = [];
  const keep = (target: Keeper, from: number, count: number) =>
    inFlight(count, atOnce, (index) => target.keep(orderNumber(from + index, size)));
  const warm = await createKeeper(name, inFolder(place, 'warm'));
  await keep(warm, 0, 5 * EACH);
  for (let kept = 0; kept < orders; kept += EACH) {
    if (kept % 1_000 === 0) {
      const fresh = await createKeeper(name, inFolder(place, `fresh-${kept}`));
      await keep(fresh, orders, 1);
      first.set(kept, (await costOf(() => keep(fresh, 0, EACH))).cpu);
      await fresh.close();
    }
    costs.push((await costOf(() => keep(keeper, kept, EACH))).cpu);
  }
  const fresh = median([...first.values()]);
  const mean = (values: readonly number[]) => values.reduce((sum, cost) => sum + cost, 0) / values.length;
  return {
    1000: mean(costs.slice(0, 10)) / fresh,
    10000: mean(costs) / fresh,
    last: costs.at(-1)! / first.get(orders - 1_000)!,
  };
}

function inFolder(place: Place, name: string): Place {
  const folder = path.join(place.folder, name);
  mkdirSync(folder);
  return { ...place, folder };
}

void main();

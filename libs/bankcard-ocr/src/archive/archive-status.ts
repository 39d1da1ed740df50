import { dayOf } from './audit-log.js';
import { manifestName, type Manifest, ORDERS, readObjectName } from './manifest.js';
import type { OrderState } from './order-history.js';

/** Orders by their state. */
export type StateCounts = Readonly<Record<OrderState, number>>;

/** What is in an archive, in numbers; nothing in it is secret, or says whose card it is. */
export interface ArchiveStatus extends StateCounts {
  /** By retention class, in the order of their names. */
  readonly classes: readonly (StateCounts & { readonly retentionClass: string })[];
  /** By the day on which orders were kept (China time), the oldest first. */
  readonly days: readonly (StateCounts & { readonly day: string })[];
  /** Orders whose manifest or history cannot be read: `verifyAll()` says why. */
  readonly damaged: number;
  /** Objects that belong to no manifest, a day old or older: `collectOrphans()` removes them. */
  readonly orphans: number;
  /** The same, younger: an attempt may still be under way. */
  readonly underWay: number;
  /** The last day that was sealed, and its root. */
  readonly lastRoot?: { readonly day: string; readonly count: number; readonly root: string };
  /** The last day that has a timestamp, and when the authority has seen its root. */
  readonly lastTimestamp?: { readonly day: string; readonly at: Date };
  /** Sealed days without a timestamp. */
  readonly daysWithoutTimestamp: number;
}

/** An order as it is listed. */
export interface ListedOrder {
  readonly ref: string;
  /** Its objects, the manifest among them. */
  readonly names: readonly string[];
}

/** Gather the names of objects, which come in the order of their characters, by order. */
export async function* ordersOf(names: AsyncIterable<string>): AsyncGenerator<ListedOrder> {
  let current: { ref: string; names: string[] } | undefined;
  for await (const name of names) {
    const ref = name.slice(ORDERS.length).split('/')[1];
    if (ref === undefined) continue;
    if (current?.ref !== ref) {
      if (current) yield current;
      current = { ref, names: [] };
    }
    current.names.push(name);
  }
  if (current) yield current;
}

/** Counts orders one by one. */
export class StatusCount {
  readonly #all = noOrders();
  readonly #classes = new Map<string, Record<OrderState, number>>();
  readonly #days = new Map<string, Record<OrderState, number>>();
  #damaged = 0;
  #orphans = 0;
  #underWay = 0;

  /** @param isOrphanedAt whether an object of an attempt that began then is abandoned */
  constructor(private readonly isOrphanedAt: (startedAtMs: number) => boolean) {}

  /** @param order undefined when it has no manifest, `damaged` when that cannot be read */
  add(
    { ref, names }: ListedOrder,
    order: { readonly manifest: Manifest; readonly state: OrderState } | 'damaged' | undefined,
  ): void {
    if (order === 'damaged') {
      // It is unknown what belongs to it.
      this.#damaged += 1;
      return;
    }
    if (order) {
      const { manifest, state } = order;
      for (const count of [
        this.#all,
        countOf(this.#classes, manifest.retentionClass),
        countOf(this.#days, dayOf(Date.parse(manifest.keptAt))),
      ]) {
        count[state] += 1;
      }
    }
    const belongs = new Set(
      order && order.state !== 'erased' ? order.manifest.objects.map(({ name }) => name) : [manifestName(ref)],
    );
    for (const name of names) {
      const object = readObjectName(name);
      if (!object || belongs.has(name)) continue;
      if (this.isOrphanedAt(object.startedAtMs)) this.#orphans += 1;
      else this.#underWay += 1;
    }
  }

  end(): Omit<ArchiveStatus, 'lastRoot' | 'lastTimestamp' | 'daysWithoutTimestamp'> {
    return {
      ...this.#all,
      classes: sorted(this.#classes).map(([retentionClass, count]) => ({ retentionClass, ...count })),
      days: sorted(this.#days).map(([day, count]) => ({ day, ...count })),
      damaged: this.#damaged,
      orphans: this.#orphans,
      underWay: this.#underWay,
    };
  }
}

function noOrders(): Record<OrderState, number> {
  return { kept: 0, restricted: 0, held: 0, erased: 0 };
}

function countOf(counts: Map<string, Record<OrderState, number>>, name: string): Record<OrderState, number> {
  const count = counts.get(name) ?? noOrders();
  counts.set(name, count);
  return count;
}

function sorted<T>(counts: ReadonlyMap<string, T>): [string, T][] {
  return [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
}

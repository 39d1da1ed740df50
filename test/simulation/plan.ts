import { type Fault, REFRESH_POINTS } from './faults/fault.js';
import { FAULT_KINDS } from './faults/kinds.js';
import { type Mix, MIXES } from './faults/mixes.js';
import type { MachineClocks } from './kernel/machine.js';
import { SeededRandom } from './kernel/seeded-random.js';
import type { VendorRules } from './vendor/vendor.js';

const MINUTE_MS = 60_000;

/** One instance of a fleet. */
export interface PlannedInstance {
  readonly machine: number;
  readonly role: 'refresher' | 'reader';
  readonly background: boolean;
  readonly queryEveryMs: number;
}

/** Everything about a run that is decided before it begins. */
export interface Plan {
  readonly seed: number;
  readonly mix: string;
  readonly durationMs: number;
  readonly store: 'redis' | 'file';
  /** Whether the store's client is its own, and reconnects by itself. */
  readonly ownClient: boolean;
  readonly storeClockOffsetMs: number;
  readonly intervalMs: number;
  readonly rules: VendorRules;
  readonly machines: readonly MachineClocks[];
  readonly instances: readonly PlannedInstance[];
  readonly faults: readonly Fault[];
}

/** What is asked of a run. */
export interface RunSettings {
  readonly seed: number;
  readonly mix: string;
  /** Minutes of true time. @default 36 */
  readonly minutes?: number;
  /** Refresh interval in minutes; by chance, between 3 and 5, when it is left out. */
  readonly interval?: number;
  /** Only the faults with these numbers, to make a story smaller. */
  readonly faults?: readonly number[];
  /** Only the instances with these numbers. */
  readonly instances?: readonly number[];
}

/** Decide what will happen in a run. The same settings give the same plan. */
export function planRun({ seed, mix: name, minutes = 36, interval, faults, instances }: RunSettings): Plan {
  const mix = MIXES[name];
  if (!mix) throw new Error(`there is no mix '${name}'; there are ${Object.keys(MIXES).join(', ')}`);
  const random = new SeededRandom(`${seed} ${name}`);
  const store = mix.store ?? (random.chance(0.3) ? 'file' : 'redis');
  const intervalMs = (interval ?? random.between(3, 5)) * MINUTE_MS;
  const durationMs = minutes * MINUTE_MS;
  const machines = planMachines(store, random.stream('machines'));
  const allInstances = planInstances(mix, machines.length, random.stream('instances'));
  const allFaults = planFaults(mix, store, durationMs, intervalMs, random.stream('faults'));
  return {
    seed,
    mix: name,
    durationMs,
    store,
    ownClient: random.chance(0.7),
    storeClockOffsetMs: random.chance(0.5) ? 0 : random.between(-2, 2) * 60 * MINUTE_MS,
    intervalMs,
    rules: planRules(intervalMs, random.stream('rules')),
    machines,
    instances: instances ? allInstances.filter((_, index) => instances.includes(index)) : allInstances,
    faults: faults ? allFaults.filter(({ number }) => faults.includes(number)) : allFaults,
  };
}

function planRules(intervalMs: number, random: SeededRandom): VendorRules {
  // Mostly as documented; sometimes so short that the end decides when a refresh is due.
  const isShort = random.chance(0.2);
  return {
    overlapMs: MINUTE_MS,
    tokenLifeMs: isShort ? Math.round((intervalMs * random.between(1, 3)) / 1_000) * 1_000 : 7_200_000,
    ticketLifeMs: isShort ? Math.round((intervalMs * random.between(0.8, 2)) / 1_000) * 1_000 : 3_600_000,
    deadTicketCode: random.pick(['400102', '400102', '400101', '15']),
  };
}

function planMachines(store: 'redis' | 'file', random: SeededRandom): MachineClocks[] {
  const count = store === 'file' ? 1 : random.whole(1, 4);
  return Array.from({ length: count }, () => ({
    wallOffsetMs: random.chance(0.6) ? random.between(-50, 50) : random.between(-3, 3) * 60 * MINUTE_MS,
    upMs: random.magnitude(1_000, 1e9),
    rate: 1 + random.between(-2e-5, 2e-5),
  }));
}

function planInstances(mix: Mix, machines: number, random: SeededRandom): PlannedInstance[] {
  const count = mix.alone ? 1 : random.pick([1, 2, 2, 2, 3, 3, 4, 5, 6, 10]);
  const readers = count > 2 && random.chance(0.3) ? random.whole(1, 2) : 0;
  const isIdle = mix.idle ?? random.chance(0.1);
  return Array.from({ length: count }, (_, index) => ({
    machine: random.whole(0, machines - 1),
    role: index >= count - readers ? 'reader' : 'refresher',
    // The first one refreshes by a timer, unless the mix is about those that do not.
    background: mix.background ?? (index === 0 || random.chance(0.9)),
    queryEveryMs: isIdle ? 1e12 : random.magnitude(1_000, 20_000) * Math.max(1, count / 4),
  }));
}

function planFaults(
  mix: Mix,
  store: 'redis' | 'file',
  durationMs: number,
  intervalMs: number,
  random: SeededRandom,
): Fault[] {
  const kinds = mix.kinds.filter((kind) => (FAULT_KINDS[kind]?.store ?? store) === store);
  if (kinds.length === 0) return [];
  const first = 2 * MINUTE_MS;
  // Afterwards it is quiet for two periods, so that what should recover can be seen to.
  const last = Math.max(first + MINUTE_MS, durationMs - 2 * intervalMs - 4 * MINUTE_MS);
  const count = random.whole(...mix.faults);
  // Around one refresh, or anywhere.
  const focusAt = random.between(first, last - MINUTE_MS);
  return Array.from({ length: count }, (_, number) => {
    const isAtPoint = random.chance(mix.focus ? 0.85 : 0.45);
    const from = mix.focus ? focusAt + (isAtPoint ? 0 : random.between(0, intervalMs)) : random.between(first, last);
    const kind = random.pick(kinds);
    const { forMs = [0, 0], amount = [0, 0], signed } = FAULT_KINDS[kind]!;
    const size = amount[1] > 0 ? random.magnitude(...amount) : 0;
    const longest = Math.max(forMs[0], Math.min(forMs[1], last + 2 * MINUTE_MS - from));
    return {
      number,
      kind,
      from,
      point: isAtPoint ? random.pick(mix.points ?? REFRESH_POINTS) : undefined,
      delayMs: random.chance(0.5) ? 0 : random.exponential(30),
      target: isAtPoint && random.chance(0.75) ? 'actor' : random.whole(0, 99),
      forMs:
        forMs[1] === 0
          ? 0
          : random.chance(0.5)
            ? random.magnitude(forMs[0], longest)
            : random.between(forMs[0], longest),
      amount: signed && random.chance(0.5) ? -size : size,
    };
  });
}

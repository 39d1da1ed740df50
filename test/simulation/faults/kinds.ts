import type { SeededRandom } from '../kernel/seeded-random.js';
import type { World } from '../world.js';
import type { VendorFaultKind, Endpoint } from '../vendor/vendor-network.js';
import type { Fault } from './fault.js';

/** What a fault has begun: whom it touches, what it is called, and what ends it. */
export interface Begun {
  readonly what: string;
  /** Slots; undefined: all instances. */
  readonly touches: readonly string[] | undefined;
  /** Ends it; it is over at once when this is left out. */
  readonly end?: () => void;
  /** Called with what tells that it is over, instead of an end after `forMs`. */
  readonly until?: (over: () => void) => void;
}

/** One kind of fault. */
export interface FaultKind {
  /** How long it lasts, from and to in ms. */
  readonly forMs?: readonly [number, number];
  /** How much of it, by order of magnitude. */
  readonly amount?: readonly [number, number];
  /** Whether it can come in either direction. */
  readonly signed?: boolean;
  /** Only with this kind of store. */
  readonly store?: 'redis' | 'file';
  readonly begin: (world: World, fault: Fault, actor: string | undefined, random: SeededRandom) => Begun | undefined;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const MINUTE_MS = 60_000;

/** Everything that can go wrong, by name. */
export const FAULT_KINDS: Readonly<Record<string, FaultKind>> = {
  // ---- processes
  kill: {
    forMs: [200, 30_000],
    begin: (world, fault, actor) => {
      const slot = world.slot(fault.target, actor);
      if (!slot?.instance) return undefined;
      const { name } = slot.instance;
      world.kill(slot);
      return {
        what: `${name} is killed, and started again ${seconds(fault.forMs)} later`,
        touches: [slot.name],
        end: () => world.start(slot),
      };
    },
  },
  stop: {
    forMs: [100, 60_000],
    begin: (world, fault, actor) => {
      const slot = world.slot(fault.target, actor);
      const process = slot?.instance?.process;
      if (!slot || !process || process.standsStill) return undefined;
      process.stop();
      return {
        what: `${process.name} is stopped for ${seconds(fault.forMs)}`,
        touches: [slot.name],
        end: () => process.continue(),
      };
    },
  },
  lag: {
    forMs: [5_000, 120_000],
    amount: [5, 250],
    begin: (world, fault, actor) => {
      const slot = world.slot(fault.target, actor);
      const process = slot?.instance?.process;
      if (!slot || !process) return undefined;
      process.lagMs = fault.amount;
      return {
        what: `the event loop of ${process.name} lags by ${Math.round(fault.amount)} ms for ${seconds(fault.forMs)}`,
        touches: [slot.name],
        end: () => (process.lagMs = 0.3),
      };
    },
  },
  restart: {
    begin: (world, fault, actor) => {
      const slot = world.slot(fault.target, actor);
      if (!slot?.instance || slot.instance.isClosing) return undefined;
      const { name } = slot.instance;
      return {
        what: `${name} is restarted in good order`,
        touches: [slot.name],
        until: (over) => world.restart(slot, over),
      };
    },
  },
  'rolling restart': {
    begin: (world, fault) => ({
      what: 'a rolling restart begins',
      touches: undefined,
      until: (over) => world.rollingRestart(3_000 + (fault.amount % 10_000), over),
    }),
    amount: [1_000, 10_000],
  },
  'scale up': {
    amount: [1, 4],
    begin: (world, fault) => {
      const names = world.scaleUp(Math.round(fault.amount));
      return { what: `${names.join(', ')} are added`, touches: names };
    },
  },
  'scale down': {
    begin: (world, fault, actor) => {
      const slot = world.slot(fault.target, actor);
      if (!slot?.instance || world.runningRefreshers(slot) === 0) return undefined;
      const { name } = slot.instance;
      return { what: `${name} is taken away`, touches: [slot.name], until: (over) => world.takeAway(slot, over) };
    },
  },
  'wish for a refresh': {
    begin: (world, fault, actor) => {
      const slot = world.slot(fault.target, actor);
      if (!slot?.instance?.process.isRunning) return undefined;
      const { instance } = slot;
      instance.process.deliver(() => instance.requestRefresh());
      return { what: `the application of ${instance.name} asks for new credentials`, touches: [] };
    },
  },
  'malformed query': {
    begin: (world, fault, actor) => {
      const slot = world.slot(fault.target, actor);
      if (!slot?.instance?.process.isRunning) return undefined;
      const { instance } = slot;
      instance.process.deliver(() => void instance.query('malformed'));
      return { what: `${instance.name} gets a query that the vendor finds malformed`, touches: [] };
    },
  },

  // ---- machines
  suspend: {
    forMs: [1_000, 15 * MINUTE_MS],
    begin: (world, fault, actor) => {
      const machine = world.machine(fault.target, actor);
      if (machine.isSuspended) return undefined;
      machine.suspend();
      return {
        what: `${machine.name} is suspended for ${seconds(fault.forMs)}`,
        touches: world.slotsOn(machine),
        end: () => machine.resume(),
      };
    },
  },
  'wall clock': {
    amount: [20, 3 * 60 * MINUTE_MS],
    signed: true,
    begin: (world, fault, actor) => {
      const machine = world.machine(fault.target, actor);
      machine.shiftWallClock(fault.amount);
      return {
        what: `the wall clock of ${machine.name} is set by ${seconds(fault.amount)}`,
        touches: world.slotsOn(machine),
      };
    },
  },

  // ---- the store
  'store slow': {
    forMs: [2_000, 180_000],
    amount: [20, 1_500],
    begin: (world, fault) => {
      const end = world.store.slowDown(fault.amount);
      return {
        what: `the store is slow (${Math.round(fault.amount)} ms) for ${seconds(fault.forMs)}`,
        touches: undefined,
        end,
      };
    },
  },
  'store down': {
    forMs: [500, 4 * MINUTE_MS],
    begin: (world, fault) => {
      const end = world.store.goDown();
      return { what: `the store is down for ${seconds(fault.forMs)}`, touches: undefined, end };
    },
  },
  'store hangs': {
    forMs: [500, 2 * MINUTE_MS],
    begin: (world, fault) => {
      const end = world.store.hang();
      return { what: `the store hangs for ${seconds(fault.forMs)}`, touches: undefined, end };
    },
  },
  'store emptied': {
    begin: (world) => {
      world.store.empty();
      return { what: 'the store is emptied', touches: undefined };
    },
  },
  'record damaged': {
    store: 'file',
    begin: (world) => {
      world.disk?.damage();
      world.recordChanged();
      return { what: 'the newest record is damaged', touches: undefined };
    },
  },
  'store rolled back': {
    store: 'redis',
    amount: [200, 6 * MINUTE_MS],
    begin: (world, fault) => {
      world.rollBack(fault.amount);
      return { what: `a replica that is ${seconds(fault.amount)} behind takes over the store`, touches: undefined };
    },
  },
  'lease lost': {
    store: 'redis',
    begin: (world) => {
      world.redis?.server.loseLease();
      return { what: 'the store loses the lease', touches: undefined };
    },
  },
  'store clock': {
    store: 'redis',
    amount: [20, 60 * MINUTE_MS],
    signed: true,
    begin: (world, fault) => {
      world.redis?.server.shiftClock(fault.amount);
      return { what: `the clock of the store is set by ${seconds(fault.amount)}`, touches: undefined };
    },
  },
  'reply lost': {
    store: 'redis',
    amount: [1, 5],
    begin: (world, fault) => {
      if (world.redis) world.redis.repliesToLose += Math.round(fault.amount);
      return { what: `the next ${Math.round(fault.amount)} replies of the store are lost`, touches: undefined };
    },
  },
  'cut off from the store': {
    store: 'redis',
    forMs: [500, 3 * MINUTE_MS],
    begin: (world, fault, actor) => {
      const slot = world.slot(fault.target, actor);
      const { redis } = world;
      const name = slot?.instance?.name;
      if (!slot || !redis || name === undefined) return undefined;
      redis.cutOff.add(name);
      return {
        what: `${name} is cut off from the store for ${seconds(fault.forMs)}`,
        touches: [slot.name],
        end: () => {
          redis.cutOff.delete(name);
          redis.letThrough();
        },
      };
    },
  },
  'messages lost': {
    forMs: [MINUTE_MS, 10 * MINUTE_MS],
    amount: [0.2, 1],
    begin: (world, fault) => {
      const end = world.store.loseMessages(Math.min(1, fault.amount), 0);
      return { what: `what the store announces is lost for ${seconds(fault.forMs)}`, touches: [], end };
    },
  },
  'messages late': {
    store: 'redis',
    forMs: [MINUTE_MS, 10 * MINUTE_MS],
    amount: [100, 20_000],
    begin: (world, fault) => {
      const end = world.store.loseMessages(0, fault.amount);
      return { what: `what the store announces is up to ${seconds(fault.amount)} late`, touches: [], end };
    },
  },

  // ---- the vendor
  'vendor slow': vendorFault(['slow'], ['token', 'ticket', 'query'], [1_000, 3 * MINUTE_MS], [200, 12_000]),
  'vendor down': vendorFault(
    ['refused', 'reset', 'http-502', 'hang'],
    ['token', 'ticket', 'query'],
    [500, 3 * MINUTE_MS],
  ),
  'auth down': vendorFault(['refused', 'reset', 'http-502', 'hang'], ['token', 'ticket'], [1_000, 4 * MINUTE_MS]),
  'ticket call down': vendorFault(['refused', 'reset', 'http-502', 'hang'], ['ticket'], [1_000, 3 * MINUTE_MS]),
  'answers lost': vendorFault(
    ['answer-lost', 'hang-carried-out', 'garbage-carried-out'],
    ['token', 'ticket'],
    [1_000, 3 * MINUTE_MS],
  ),
  'carried out late': vendorFault(['late'], ['token', 'ticket'], [1_000, MINUTE_MS], [3_000, 20_000]),
  'vendor codes': vendorFault(
    ['fault-code', 'fault-code-carried-out', 'limit-code'],
    ['token', 'ticket', 'query'],
    [1_000, 2 * MINUTE_MS],
  ),
  garbage: vendorFault(['garbage', 'garbage-carried-out'], ['token', 'ticket', 'query'], [1_000, 2 * MINUTE_MS]),
  'brief lives': vendorFault(['brief-life'], ['token', 'ticket'], [MINUTE_MS, 8 * MINUTE_MS]),
  'cut off from the vendor': {
    forMs: [1_000, 3 * MINUTE_MS],
    begin: (world, fault, actor) => {
      const slot = world.slot(fault.target, actor);
      const name = slot?.instance?.name;
      if (!slot || name === undefined) return undefined;
      world.network.cutOff.add(name);
      return {
        what: `${name} is cut off from the vendor for ${seconds(fault.forMs)}`,
        touches: [slot.name],
        end: () => void world.network.cutOff.delete(name),
      };
    },
  },
  'early death': {
    begin: (world) => {
      world.vendor.endEverything(world.kernel.now);
      return { what: 'the vendor ends all tokens and tickets early', touches: undefined };
    },
  },
  'foreign refresh': {
    begin: (world) => {
      world.vendor.foreignRefresh(world.kernel.now);
      return { what: 'a foreign program refreshes', touches: undefined };
    },
  },
  'secret changed': {
    begin: (world, fault) => ({
      what: 'the secret is changed, and the instances are restarted with the new one',
      touches: undefined,
      until: (over) => world.changeSecret(fault.amount, over),
    }),
    amount: [1_000, 20_000],
  },
};

function vendorFault(
  kinds: readonly VendorFaultKind[],
  endpoints: readonly Endpoint[],
  forMs: readonly [number, number],
  amount: readonly [number, number] = [1_000, 1_000],
): FaultKind {
  return {
    forMs,
    amount,
    begin: (world, fault, _actor, random) => {
      const kind = random.pick(kinds);
      const chosen = random.chance(0.6) ? endpoints : [random.pick(endpoints)];
      const probability = random.chance(0.6) ? 1 : random.between(0.2, 0.9);
      const times = random.chance(0.3) ? random.whole(1, 3) : Number.POSITIVE_INFINITY;
      const made = { kind, endpoints: chosen, probability, times, delayMs: fault.amount };
      world.network.faults.add(made);
      return {
        what:
          `to ${chosen.join(', ')} requests comes '${kind}' for ${seconds(fault.forMs)}` +
          `${probability < 1 ? `, ${Math.round(probability * 100)} % of them` : ''}${times < 9 ? `, ${times} of them` : ''}`,
        touches: undefined,
        end: () => void world.network.faults.delete(made),
      };
    },
  };
}

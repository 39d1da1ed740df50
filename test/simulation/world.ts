import type { Fault, RefreshPoint } from './faults/fault.js';
import { FAULT_KINDS } from './faults/kinds.js';
import { Instance, type InstanceSettings } from './fleet/instance.js';
import { slotOf, Witness } from './invariants/witness.js';
import { Kernel } from './kernel/kernel.js';
import { Machine } from './kernel/machine.js';
import { SimulatedProcess } from './kernel/process.js';
import { SeededRandom } from './kernel/seeded-random.js';
import { FileTicketStore, RedisTicketStore, type TicketStore, timingsFor } from './library.js';
import type { Plan, PlannedInstance } from './plan.js';
import { Disk } from './stores/disk.js';
import { RedisNetwork, SimulatedRedisClient } from './stores/redis-client.js';
import { RedisServer, type Snapshot } from './stores/redis-server.js';
import { Story } from './story.js';
import { VendorNetwork } from './vendor/vendor-network.js';
import { Vendor } from './vendor/vendor.js';

const APP_ID = 'IDASIMUL';
/** A supervisor starts what has ended of its own again after this. */
const RESTART_MS = 3_000;
/** How often replicas of the store are thought to have been in step. */
const SNAPSHOT_MS = 2_000;
const KEPT_SNAPSHOTS = 200;
/** More than any run of two hours has. */
const MOST_EVENTS = 3_000_000;

/** A place for an instance: killed and restarted, it stays the same place. */
export interface Slot {
  readonly name: string;
  readonly machine: Machine;
  readonly planned: PlannedInstance;
  instance: Instance | undefined;
  lives: number;
  isGone: boolean;
}

/** What faults can do to the store, whichever it is. */
export interface StoreControls {
  /** Each of these gives back what ends it. */
  slowDown(ms: number): () => void;
  goDown(): () => void;
  hang(): () => void;
  loseMessages(lost: number, lateMs: number): () => void;
  empty(): void;
}

/** A fleet, its store, its network and its vendor, for one run. */
export class World {
  readonly kernel = new Kernel();
  readonly story = new Story();
  readonly machines: Machine[];
  readonly slots: Slot[] = [];
  readonly vendor: Vendor;
  readonly network: VendorNetwork;
  readonly witness: Witness;
  readonly redis: RedisNetwork | undefined;
  readonly disk: Disk | undefined;
  readonly store: StoreControls;
  readonly #random: SeededRandom;
  readonly #instances = new Map<string, Instance>();
  readonly #snapshots: { readonly at: number; readonly snapshot: Snapshot }[] = [];
  #armed: Fault[] = [];
  #secret: string;

  constructor(readonly plan: Plan) {
    const { kernel, story } = this;
    this.#random = new SeededRandom(`${plan.seed} ${plan.mix} run`);
    const random = this.#random;
    this.#secret = `first${'s'.repeat(59)}`;
    this.machines = plan.machines.map((clocks, index) => new Machine(`machine ${index + 1}`, kernel, clocks));
    this.vendor = new Vendor(APP_ID, this.#secret, plan.rules, random.stream('vendor'));
    this.witness = new Witness({
      kernel,
      story,
      vendor: () => this.vendor,
      store: plan.store,
      intervalMs: plan.intervalMs,
      leaseTtlMs: timingsFor(plan.intervalMs, plan.rules.overlapMs).leaseTtlMs,
      instanceOf: (process) => this.#instances.get(process),
      instances: () => this.slots.flatMap(({ instance }) => instance ?? []),
      reached: (point, process) => this.#reached(point, process),
    });
    this.network = new VendorNetwork(kernel, this.vendor, random.stream('vendor network'), this.witness);
    if (plan.store === 'redis') {
      const server = new RedisServer(kernel, plan.storeClockOffsetMs, this.witness);
      this.redis = new RedisNetwork(kernel, server, random.stream('redis network'));
      this.store = redisControls(this.redis, this);
      this.#snapshotLater();
    } else {
      this.disk = new Disk(this.machines[0]!, random.stream('disk'), this.witness);
      this.store = diskControls(this.disk, this);
    }
  }

  /** Let the run happen. */
  async run(): Promise<void> {
    const { kernel, plan } = this;
    const starting = this.#random.stream('starting');
    for (const planned of plan.instances) {
      const slot = this.#addSlot(planned);
      kernel.at(starting.chance(0.5) ? starting.between(0, 200) : starting.between(0, 60_000), () => this.start(slot));
    }
    for (const fault of plan.faults) kernel.at(fault.from, () => (fault.point ? this.#arm(fault) : this.#begin(fault)));
    this.#lookLater();
    await kernel.run(plan.durationMs, MOST_EVENTS);
    if (kernel.events >= MOST_EVENTS) {
      this.witness.failed(
        'S7-runaway',
        `${MOST_EVENTS} events have happened by now: something goes round without a pause`,
      );
      return;
    }
    await this.#end();
  }

  // ---- what faults do

  slot(target: number | 'actor', actor: string | undefined): Slot | undefined {
    const present = this.slots.filter(({ isGone }) => !isGone);
    if (target === 'actor') return present.find(({ name }) => actor !== undefined && name === slotOf(actor));
    return present[target % present.length];
  }

  machine(target: number | 'actor', actor: string | undefined): Machine {
    const slot = target === 'actor' ? this.slot(target, actor) : undefined;
    return slot?.machine ?? this.machines[typeof target === 'number' ? target % this.machines.length : 0]!;
  }

  slotsOn(machine: Machine): string[] {
    return this.slots.filter((slot) => slot.machine === machine).map(({ name }) => name);
  }

  runningRefreshers(except: Slot): number {
    return this.slots.filter((slot) => {
      return slot !== except && !slot.isGone && slot.planned.role === 'refresher' && slot.planned.background;
    }).length;
  }

  start(slot: Slot): void {
    if (slot.isGone || slot.instance) return;
    slot.lives += 1;
    const { planned, machine } = slot;
    const name = `${slot.name}${slot.lives}`;
    const random = this.#random.stream(name);
    const process = new SimulatedProcess(name, machine, random.stream('process'));
    const settings: InstanceSettings = {
      appId: APP_ID,
      role: planned.role,
      backgroundRefresh: planned.background,
      intervalMs: this.plan.intervalMs,
      overlapMs: this.plan.rules.overlapMs,
      secret: this.#secret,
      queryEveryMs: planned.queryEveryMs,
    };
    const observer = {
      event: this.witness.event.bind(this.witness),
      queried: this.witness.queried.bind(this.witness),
      started: this.witness.started.bind(this.witness),
      exited: (instance: Instance, reason: string) => {
        this.witness.exited(instance, reason);
        this.kill(slot);
        this.kernel.after(RESTART_MS, () => this.start(slot));
      },
    };
    const createStore = (of: SimulatedProcess, own: SeededRandom): TicketStore => this.#createStore(of, own);
    const instance = new Instance(process, settings, { network: this.network, createStore, observer }, random);
    this.#instances.set(name, instance);
    slot.instance = instance;
    this.story.tell(this.kernel.now, `${name} is started on ${machine.name}${describeSettings(settings)}`);
  }

  kill(slot: Slot): void {
    const { instance } = slot;
    if (!instance) return;
    slot.instance = undefined;
    instance.process.kill();
    this.witness.killed(instance.process);
  }

  /** As by SIGTERM: what is under way ends, then everything is closed. */
  shutDown(slot: Slot, then: () => void): void {
    const { instance } = slot;
    if (!instance) {
      then();
      return;
    }
    const { kernel, witness } = this;
    const { process, name } = instance;
    instance.isClosing = true;
    const since = kernel.now;
    const gone = (): void => {
      if (slot.instance === instance) this.kill(slot);
      then();
    };
    const drain = (): void => {
      if (!process.isAlive) return gone();
      const waitedMs = kernel.now - since;
      if (instance.queriesInFlight > 0 && waitedMs < 20_000) return void kernel.after(100, drain);
      process.deliver(() => {
        instance.shutDown().then(
          () => {
            this.story.tell(kernel.now, `${name} has closed`);
            if (instance.queriesInFlight === 0) witness.closed(instance, process.pendingTimers);
            gone();
          },
          (error: unknown) => witness.failed('S8-close', `${name} fails to close: ${String(error)}`),
        );
      });
      // A supervisor does not wait for ever.
      kernel.after(30_000, () => {
        if (slot.instance !== instance) return;
        if (!process.standsStill && !witness.effects.touched(slot.name, kernel.now - 60_000, kernel.now)) {
          witness.failed('S8-close', `${name} does not close within 30 s`);
        }
        gone();
      });
      return undefined;
    };
    drain();
  }

  restart(slot: Slot, over: () => void): void {
    let isOver = false;
    this.shutDown(slot, () => {
      if (isOver) return;
      isOver = true;
      this.kernel.after(1_000, () => {
        this.start(slot);
        over();
      });
    });
  }

  rollingRestart(apartMs: number, over: () => void): void {
    const waiting = this.slots.filter(({ isGone }) => !isGone);
    const next = (): void => {
      const slot = waiting.shift();
      if (!slot) return over();
      return this.restart(slot, () => void this.kernel.after(apartMs, next));
    };
    next();
  }

  scaleUp(count: number): string[] {
    return Array.from({ length: Math.min(count, 26 - this.slots.length) }, () => {
      const planned = this.plan.instances[this.slots.length % this.plan.instances.length]!;
      const slot = this.#addSlot(planned);
      this.start(slot);
      return slot.name;
    });
  }

  takeAway(slot: Slot, over: () => void): void {
    slot.isGone = true;
    this.shutDown(slot, over);
  }

  changeSecret(apartMs: number, over: () => void): void {
    this.#secret = `second${'t'.repeat(58)}`;
    this.vendor.changeSecret(this.#secret, this.kernel.now);
    this.rollingRestart(apartMs, over);
  }

  rollBack(byMs: number): void {
    const at = this.kernel.now - byMs;
    const older = this.#snapshots.findLast((one) => one.at <= at) ?? this.#snapshots[0];
    if (older) this.redis?.server.restore(older.snapshot);
    this.recordChanged();
  }

  /** The record is not what it was, and no instance has written it. */
  recordChanged(): void {
    this.witness.storeChanged(this.redis ? this.redis.server.content().record : this.disk?.record);
  }

  // ---- how it goes on

  #addSlot(planned: PlannedInstance): Slot {
    const name = String.fromCharCode('A'.charCodeAt(0) + this.slots.length);
    const slot = {
      name,
      machine: this.machines[planned.machine]!,
      planned,
      instance: undefined,
      lives: 0,
      isGone: false,
    };
    this.slots.push(slot);
    return slot;
  }

  #createStore(process: SimulatedProcess, random: SeededRandom): TicketStore {
    const runtime = { clock: process.clock, random };
    if (this.disk) {
      return new FileTicketStore({ directory: '/tickets', appId: APP_ID }, this.disk.seenBy(process), runtime);
    }
    const client = new SimulatedRedisClient(process, this.redis!, random.stream('client')).asRedisClient();
    const options = { client, appId: APP_ID, clock: process.clock };
    return new RedisTicketStore(options, this.plan.ownClient, runtime);
  }

  #arm(fault: Fault): void {
    this.#armed.push(fault);
  }

  #reached(point: RefreshPoint, process: string): void {
    const due = this.#armed.filter((fault) => fault.point === point);
    if (due.length === 0) return;
    this.#armed = this.#armed.filter((fault) => fault.point !== point);
    // Never in the middle of a step of somebody's.
    for (const fault of due) this.kernel.after(fault.delayMs, () => this.#begin(fault, process));
  }

  #begin(fault: Fault, actor?: string): void {
    const begun = FAULT_KINDS[fault.kind]!.begin(this, fault, actor, this.#random.stream(`fault ${fault.number}`));
    if (!begun) return;
    const { what, touches, end, until } = begun;
    const effect = {
      fault,
      beganAt: this.kernel.now,
      endedAt: end || until ? undefined : this.kernel.now,
      touches: touches && new Set(touches),
      what,
    } as { endedAt: number | undefined; fault: Fault; beganAt: number; touches: Set<string> | undefined; what: string };
    this.witness.effects.add(effect);
    this.witness.tellFault(`${what}${fault.point ? ` (at: ${fault.point})` : ''}  [fault ${fault.number}]`);
    const over = (): void => {
      effect.endedAt = this.kernel.now;
      this.witness.tellFault(`over: ${what}  [fault ${fault.number}]`);
    };
    if (until) until(over);
    else if (end) {
      this.kernel.after(fault.forMs, () => {
        end();
        over();
      });
    }
  }

  #lookLater(): void {
    this.kernel.after(5_000, () => {
      this.witness.look();
      this.#lookLater();
    });
  }

  #snapshotLater(): void {
    this.kernel.after(SNAPSHOT_MS, () => {
      this.#snapshots.push({ at: this.kernel.now, snapshot: this.redis!.server.snapshot() });
      if (this.#snapshots.length > KEPT_SNAPSHOTS) this.#snapshots.shift();
      this.#snapshotLater();
    });
  }

  /** Everybody ends in good order, and leaves nothing. */
  async #end(): Promise<void> {
    for (const slot of this.slots) this.shutDown(slot, () => undefined);
    await this.kernel.run(this.plan.durationMs + 60_000, 2 * MOST_EVENTS);
  }
}

function describeSettings({ role, backgroundRefresh }: InstanceSettings): string {
  return `${role === 'reader' ? ', a reader' : ''}${backgroundRefresh ? '' : ', without background refresh'}`;
}

/** Several faults of a kind may be at work at the same time: the worst of them counts, and the usual when all are over. */
class Worst<T> {
  readonly #active = new Set<{ readonly value: T }>();

  constructor(private readonly apply: (active: readonly T[]) => void) {}

  /** @returns what ends it */
  begin(value: T): () => void {
    const one = { value };
    this.#active.add(one);
    this.#apply();
    return () => {
      this.#active.delete(one);
      this.#apply();
    };
  }

  #apply(): void {
    this.apply([...this.#active].map(({ value }) => value));
  }
}

function redisControls(redis: RedisNetwork, world: World): StoreControls {
  const usualMs = redis.latencyMs;
  const slow = new Worst<number>((active) => (redis.latencyMs = Math.max(usualMs, ...active)));
  const down = new Worst<undefined>((active) => (active.length > 0 ? redis.goDown() : redis.comeUp()));
  const hanging = new Worst<undefined>((active) => (active.length > 0 ? redis.hang() : redis.goOn()));
  const silent = new Worst<{ lost: number; lateMs: number }>((active) => {
    redis.publishing = {
      lost: Math.max(0, ...active.map(({ lost }) => lost)),
      lateMs: Math.max(0, ...active.map(({ lateMs }) => lateMs)),
    };
  });
  return {
    slowDown: (ms) => slow.begin(ms),
    goDown: () => down.begin(undefined),
    hang: () => hanging.begin(undefined),
    loseMessages: (lost, lateMs) => silent.begin({ lost, lateMs }),
    empty: () => {
      redis.server.flush();
      world.recordChanged();
    },
  };
}

function diskControls(disk: Disk, world: World): StoreControls {
  const usualMs = disk.stepMs;
  // A disk takes several steps where a server takes one.
  const slow = new Worst<number>((active) => (disk.stepMs = Math.max(usualMs, ...active.map((ms) => ms / 8))));
  const full = new Worst<undefined>((active) => (disk.fault = active.length > 0 ? 'ENOSPC' : undefined));
  const hanging = new Worst<undefined>((active) => (active.length > 0 ? disk.hang() : disk.goOn()));
  const silent = new Worst<number>((active) => (disk.watchLost = Math.max(0, ...active)));
  return {
    slowDown: (ms) => slow.begin(ms),
    goDown: () => full.begin(undefined),
    hang: () => hanging.begin(undefined),
    loseMessages: (lost) => silent.begin(lost),
    empty: () => {
      disk.empty();
      world.recordChanged();
    },
  };
}

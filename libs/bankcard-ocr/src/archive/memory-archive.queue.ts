import { type Clock, SystemClock } from '../runtime/clock.js';
import { WokenSleep } from './woken-sleep.js';
import {
  type ArchiveJob,
  ArchiveQueue,
  type ArchiveQueueCounts,
  type DeadLetter,
  type QueuedOrder,
} from './archive-queue.js';

/** A timer that is set for longer is set again. */
const LONGEST_WAIT_MS = 60_000;

interface Waiting {
  readonly order: QueuedOrder;
  readonly attempts: number;
  readonly dueAtMs: number;
}

/** The queue of a process that shares its work with no other one. It ends with the process: the reconciler fills the next one. */
export class MemoryArchiveQueue extends ArchiveQueue {
  /** Sorted by the time at which they become due. */
  readonly #waiting: Waiting[] = [];
  readonly #waitingIds = new Set<string>();
  readonly #active = new Map<string, QueuedOrder>();
  readonly #dead = new Map<string, DeadLetter>();
  #pausedUntilMs = 0;
  readonly #sleep: WokenSleep;

  constructor(private readonly clock: Clock = new SystemClock()) {
    super();
    this.#sleep = new WokenSleep(clock);
  }

  async open(): Promise<void> {}

  async add(order: QueuedOrder): Promise<'added' | 'queued' | 'dead'> {
    if (this.#dead.has(order.id)) return 'dead';
    if (this.#active.has(order.id) || this.#waitingIds.has(order.id)) return 'queued';
    this.#wait(order, 0, 0);
    return 'added';
  }

  async take(signal: AbortSignal): Promise<ArchiveJob | undefined> {
    while (!signal.aborted) {
      const [first] = this.#waiting;
      const now = this.clock.monotonic();
      const dueAtMs = Math.max(this.#pausedUntilMs, first?.dueAtMs ?? Infinity);
      if (first && dueAtMs <= now) {
        this.#waiting.shift();
        this.#waitingIds.delete(first.order.id);
        this.#active.set(first.order.id, first.order);
        return this.#jobOf(first);
      }
      await this.#sleep.sleep(Math.min(dueAtMs - now, LONGEST_WAIT_MS), signal);
    }
    return undefined;
  }

  async pause(forMs: number): Promise<void> {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.clock.monotonic() + forMs);
  }

  async counts(): Promise<ArchiveQueueCounts> {
    const now = this.clock.now();
    const ages = [...this.#waiting.map(({ order }) => order), ...this.#active.values()].map(({ recognizedAt }) => {
      return now - recognizedAt.getTime();
    });
    return {
      waiting: this.#waiting.length,
      active: this.#active.size,
      dead: this.#dead.size,
      oldestWaitingMs: ages.reduce((oldest, age) => Math.max(oldest, age), 0),
    };
  }

  async *deadLetters(): AsyncIterable<DeadLetter> {
    yield* this.#dead.values();
  }

  async revive(id: string): Promise<boolean> {
    const letter = this.#dead.get(id);
    if (!letter) return false;
    this.#dead.delete(id);
    this.#wait({ id, data: letter.data, recognizedAt: letter.recognizedAt }, 0, 0);
    return true;
  }

  async discard(id: string): Promise<boolean> {
    return this.#dead.delete(id);
  }

  async close(): Promise<void> {}

  #wait(order: QueuedOrder, attempts: number, afterMs: number): void {
    const dueAtMs = this.clock.monotonic() + afterMs;
    const before = this.#waiting.findIndex((one) => one.dueAtMs > dueAtMs);
    this.#waiting.splice(before < 0 ? this.#waiting.length : before, 0, { order, attempts, dueAtMs });
    this.#waitingIds.add(order.id);
    this.#sleep.wake();
  }

  #jobOf({ order, attempts }: Waiting): ArchiveJob {
    let isGivenBack = false;
    const giveBack = async (how: () => void): Promise<void> => {
      if (isGivenBack) return;
      isGivenBack = true;
      this.#active.delete(order.id);
      how();
    };
    return {
      ...order,
      attempts,
      // A lease that ends with the process.
      signal: new AbortController().signal,
      finish: async () => giveBack(() => undefined),
      release: async (afterMs, failed) => giveBack(() => this.#wait(order, failed, afterMs)),
      bury: async (reason) => {
        return giveBack(() => void this.#dead.set(order.id, { ...order, reason, diedAt: new Date(this.clock.now()) }));
      },
    };
  }
}

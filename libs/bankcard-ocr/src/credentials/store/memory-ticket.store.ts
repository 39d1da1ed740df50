import { type Random, SYSTEM_RANDOM } from '../../runtime/random.js';
import type { TicketRecord } from '../ticket-record.js';
import { type TicketLease, TicketStore } from './ticket-store.js';

/** Keeps the credentials in this process: a restart costs a refresh, and no second process may use the app id. */
export class MemoryTicketStore extends TicketStore {
  readonly description = 'memory:';
  readonly scope = 'process';
  #record: TicketRecord | undefined;
  #lease: MemoryLease | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #random: Random;

  /** @internal the argument; an application makes a store without one */
  constructor(random: Random = SYSTEM_RANDOM) {
    super();
    this.#random = random;
  }

  async read(): Promise<TicketRecord | undefined> {
    return this.#record;
  }

  async compareAndSet(expected: TicketRecord | undefined, next: TicketRecord, lease?: TicketLease): Promise<boolean> {
    if (this.#record?.writeId !== expected?.writeId) return false;
    if (lease && this.#lease && this.#lease.id !== lease.id) return false;
    this.#record = next;
    for (const listener of this.#listeners) listener();
    return true;
  }

  /** The holder lives as long as this process, so the lease needs no sign of life. */
  async acquireLease(): Promise<TicketLease | undefined> {
    if (this.#lease) return undefined;
    const lease = new MemoryLease(this.#random.id(), () => {
      if (this.#lease === lease) this.#lease = undefined;
    });
    this.#lease = lease;
    return lease;
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }
}

class MemoryLease implements TicketLease {
  readonly signal = new AbortController().signal;

  constructor(
    readonly id: string,
    private readonly onRelease: () => void,
  ) {}

  throwIfLost(): void {}

  async release(): Promise<void> {
    this.onRelease();
  }
}

import { text } from '../../errors/text.js';
import { type Random, SYSTEM_RANDOM } from '../../runtime/random.js';
import type { TicketRecord } from '../ticket-record.js';
import type { StoreInspection } from './store-inspection.js';
import { type TicketLease, TicketStore } from './ticket-store.js';

/** Keeps the credentials in this process: a restart costs a refresh, and no second process may use the app id. */
export class MemoryTicketStore extends TicketStore {
  readonly description = 'memory:';
  readonly scope = 'process';
  #record: TicketRecord | undefined;
  #lease: TicketLease | undefined;
  readonly #listeners = new Set<() => void>();

  /** The argument is for tests; an application leaves it out. */
  constructor(private readonly random: Random = SYSTEM_RANDOM) {
    super();
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

  /** The holder lives as long as this process, so the lease needs no heartbeat. */
  async acquireLease(): Promise<TicketLease | undefined> {
    if (this.#lease) return undefined;
    const lease: TicketLease = {
      id: this.random.id(),
      signal: new AbortController().signal,
      throwIfLost: () => undefined,
      release: async () => {
        if (this.#lease === lease) this.#lease = undefined;
      },
    };
    this.#lease = lease;
    return lease;
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  override async inspect(): Promise<StoreInspection> {
    const { content } = await super.inspect();
    const found = text('memory: is seen by its own process only', 'memory: 只有它自己的进程看得到');
    const todo = text(
      'Right for exactly one process; a second one of the same app id ends the credentials of the first',
      '只适合唯一的一个进程；同一 app id 的第二个进程会让第一个的凭证作废',
    );
    return { content, findings: [{ status: 'skipped', found, todo, facts: { kind: 'memory' } }] };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }
}

import { randomUUID } from 'node:crypto';
import { type TicketLease, type TicketRecord, TicketStore } from 'nestjs-bankcard-ocr';

/** What can be made to fail. `lost-swap` is carried out, and its caller is told that it failed. */
export type Trouble = 'read' | 'swap' | 'lost-swap' | 'lease';

/** What a fault of it says; no event, no error and no line of the log may repeat it. */
export const UNSPEAKABLE = 'and here is the record: ';

/**
 * A store that many share, in memory, as a network store is on a bad day: it fails on demand, is emptied or rolled back, and
 * takes a lease away from whoever holds it.
 */
export class TroubledStore extends TicketStore {
  readonly description = 'troubled:';
  readonly scope = 'fleet';
  readonly troubles = new Set<Trouble>();
  /** How often each operation was asked for, failures included. */
  readonly asked = { read: 0, swap: 0, lease: 0 };
  /** Everything that was ever stored, oldest first. */
  readonly written: TicketRecord[] = [];
  /** Is called before a record is stored; a promise holds its writer up. */
  beforeSwap: ((next: TicketRecord) => unknown) | undefined;
  /** Is called when a record has been stored; a promise holds its writer up. */
  afterSwap: ((next: TicketRecord) => unknown) | undefined;
  #record: TicketRecord | undefined;
  #held: { readonly lease: TicketLease; readonly lost: AbortController } | undefined;
  readonly #listeners = new Set<() => void>();

  get record(): TicketRecord | undefined {
    return this.#record;
  }

  /** As after a flush, or a failover to a replica that was behind. */
  rollBackTo(record: TicketRecord | undefined): void {
    this.#record = record;
  }

  /** Let others take the lease. @param tell whether its holder notices that it has lost it */
  takeLeaseAway({ tell }: { readonly tell: boolean }): void {
    if (tell) this.#held?.lost.abort(new Error('the lease was lost'));
    this.#held = undefined;
  }

  async read(): Promise<TicketRecord | undefined> {
    this.asked.read += 1;
    this.#failOn('read');
    return this.#record;
  }

  async compareAndSet(expected: TicketRecord | undefined, next: TicketRecord, lease?: TicketLease): Promise<boolean> {
    this.asked.swap += 1;
    await this.beforeSwap?.(next);
    this.#failOn('swap');
    if (this.#record?.writeId !== expected?.writeId) return false;
    if (lease && this.#held && this.#held.lease.id !== lease.id) return false;
    this.#record = next;
    this.written.push(next);
    for (const listener of this.#listeners) listener();
    await this.afterSwap?.(next);
    this.#failOn('lost-swap');
    return true;
  }

  async acquireLease(): Promise<TicketLease | undefined> {
    this.asked.lease += 1;
    this.#failOn('lease');
    if (this.#held) return undefined;
    const lost = new AbortController();
    const id = randomUUID();
    const release = async () => {
      if (this.#held?.lease.id === id) this.#held = undefined;
    };
    const lease = { id, signal: lost.signal, throwIfLost: () => lost.signal.throwIfAborted(), release };
    this.#held = { lease, lost };
    return lease;
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  #failOn(trouble: Trouble): void {
    if (!this.troubles.has(trouble)) return;
    throw Object.assign(new Error(UNSPEAKABLE + JSON.stringify(this.#record)), { code: 'EIO' });
  }
}

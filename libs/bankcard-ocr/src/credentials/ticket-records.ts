import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { TicketEventListener } from './ticket-event.js';
import type { TicketRecord } from './ticket-record.js';
import type { TicketLease, TicketStore } from './store/ticket-store.js';

/** What a refresh changes in the record; the writer adds format, revision and fingerprint. */
export type RecordChange = Partial<
  Pick<TicketRecord, 'current' | 'pending' | 'unansweredSinceMs' | 'failed' | 'forcedAtMs'>
>;

/** Somebody else wrote the record although this process held the lease: it was stopped for longer than a lease lasts. */
export class FencedOff extends BankCardOcrError {
  override name = 'FencedOff';

  constructor() {
    super('NO_VALID_TICKET', { message: 'another process took the refresh over', actor: 'us' });
  }
}

/** The store as a refresh uses it: faults become typed errors and events. */
export class TicketRecords {
  constructor(
    private readonly store: TicketStore,
    private readonly secretFingerprint: string,
    private readonly emit: TicketEventListener,
  ) {}

  async read(): Promise<TicketRecord | undefined> {
    return this.#guard('read', () => this.store.read());
  }

  async lease(ttlMs: number): Promise<TicketLease | undefined> {
    return this.#guard('lease', () => this.store.lease(ttlMs));
  }

  /**
   * Write a change on top of what was read.
   *
   * @throws {@link FencedOff} when something else had been written meanwhile
   */
  async write(expected: TicketRecord | undefined, change: RecordChange): Promise<TicketRecord> {
    // What another secret made is dropped with the first write.
    const kept = expected?.secretFingerprint === this.secretFingerprint ? expected : undefined;
    const next: TicketRecord = {
      ...kept,
      ...change,
      format: 1,
      revision: (expected?.revision ?? 0) + 1,
      secretFingerprint: this.secretFingerprint,
    };
    const written = await this.#guard('write', () => this.store.swap(expected, next));
    if (!written) throw new FencedOff();
    return next;
  }

  async #guard<T>(operation: 'read' | 'write' | 'lease', use: () => Promise<T>): Promise<T> {
    try {
      return await use();
    } catch (error) {
      const code = (error as { code?: unknown } | undefined)?.code;
      const what = typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown';
      const failure = new BankCardOcrError('NO_VALID_TICKET', {
        message: `the ticket store ${this.store.description} failed to ${operation}: ${what}`,
        actor: 'us',
        // The store's own message could quote what it was to keep.
        cause: Object.assign(new Error(what), { code }),
      });
      this.emit({ type: 'store-failed', operation, error: failure });
      throw failure;
    }
  }
}

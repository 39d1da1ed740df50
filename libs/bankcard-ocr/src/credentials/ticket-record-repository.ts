import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { codeOrNameOf, systemCodeOf } from '../errors/redaction.js';
import { raceTimeout } from '../runtime/abort.js';
import type { CredentialContext } from './credential-context.js';
import { withoutSealed } from './ticket-record.codec.js';
import type { TicketRecord } from './ticket-record.js';
import { StoreError, type TicketLease } from './store/ticket-store.js';

/** What a refresh changes in the record; the writer adds the rest. */
export type RecordChange = Partial<Omit<TicketRecord, 'format' | 'revision' | 'writeId' | 'secretFingerprint'>>;

/** Somebody else wrote the record, or took the lease, since the record was read. */
export class StaleWriteError extends BankCardOcrError {
  override name = 'StaleWriteError';

  constructor() {
    super('NO_VALID_TICKET', { message: 'another process took the refresh over', actor: 'application' });
  }
}

export class StoreUnavailableError extends BankCardOcrError {
  override name = 'StoreUnavailableError';
}

const STORE_TIMEOUT_MS = 15_000;

/** The store as a refresh uses it: credentials are sealed on their way, faults become typed errors and events. */
export class TicketRecordRepository {
  readonly #failing = new Set<string>();
  #unreadableId: string | undefined;
  readonly #leftOut = new WeakMap<TicketRecord, number>();

  constructor(private readonly options: CredentialContext) {}

  get isFailing(): boolean {
    return this.#failing.size > 0;
  }

  async read(): Promise<TicketRecord | undefined> {
    const { store, seal } = this.options;
    const stored = await this.#guard('read', () => store.read());
    if (!stored) return undefined;
    const record = seal ? seal.open(stored) : withoutSealed(stored);
    if (stored.current && !record.current) {
      this.#leftOut.set(record, stored.current.number);
      if (this.#unreadableId !== stored.current.id) this.options.emit({ type: 'credentials-unreadable' });
      this.#unreadableId = stored.current.id;
    }
    return record;
  }

  /** The number of the generation that is stored, but was left out of this record, because it cannot be decrypted. */
  unreadableIn(record: TicketRecord | undefined): number | undefined {
    return record && this.#leftOut.get(record);
  }

  async lease(ttlMs: number): Promise<TicketLease | undefined> {
    let taken: Promise<TicketLease | undefined> | undefined;
    return this.#guard('lease', () => (taken = this.options.store.acquireLease(ttlMs))).catch((error: unknown) => {
      // One that comes later would keep itself alive, and nobody waits for it any more.
      taken?.then((lease) => lease?.release()).catch(() => undefined);
      throw error;
    });
  }

  /** Give a lease back. One that cannot be costs the next one a wait, nothing else. */
  async release(lease: TicketLease): Promise<void> {
    await this.#inTime(() => lease.release()).catch(() => undefined);
  }

  async write(expected: TicketRecord | undefined, change: RecordChange, lease?: TicketLease): Promise<TicketRecord> {
    const { store, secretFingerprint, seal, random } = this.options;
    // What another secret made is dropped with the first write.
    const kept = expected?.secretFingerprint === secretFingerprint ? expected : undefined;
    const next: TicketRecord = {
      ...kept,
      ...change,
      format: 1,
      revision: (expected?.revision ?? 0) + 1,
      writeId: random.id(),
      secretFingerprint,
    };
    const sealed = seal ? seal.seal(next) : next;
    const written = this.#guard('write', () => store.compareAndSet(expected, sealed, lease));
    const outcome = await written.catch((error: unknown) => error);
    if (outcome === true) return next;
    // A write whose end nobody heard of may have been carried out.
    const now = await this.#inTime(() => store.read()).catch(() => undefined);
    if (now?.writeId === next.writeId) return next;
    throw outcome === false ? new StaleWriteError() : outcome;
  }

  /** Write without the lease if the store allows it: that a reader may not write is no outage of the store. */
  async tryWrite(expected: TicketRecord | undefined, change: RecordChange): Promise<void> {
    const quiet = new TicketRecordRepository({ ...this.options, emit: () => undefined });
    await quiet.write(expected, change).catch(() => undefined);
  }

  /** Whatever hangs in a store must not hang the refresh, which would be the last one. */
  async #inTime<T>(operate: () => Promise<T>): Promise<T> {
    const late = () => Object.assign(new Error('the store does not respond'), { code: 'TIMEOUT' });
    return raceTimeout(this.options.storeClock, STORE_TIMEOUT_MS, operate, late);
  }

  async #guard<T>(operation: 'read' | 'write' | 'lease', operate: () => Promise<T>): Promise<T> {
    const { store, emit } = this.options;
    try {
      const result = await this.#inTime(operate);
      if (this.#failing.delete(operation) && this.#failing.size === 0) emit({ type: 'store-recovered' });
      return result;
    } catch (error) {
      // Any other message could quote what the store was to keep.
      const what = error instanceof StoreError ? error.message : codeOrNameOf(error);
      const failure = new StoreUnavailableError('NO_VALID_TICKET', {
        message: `the ticket store ${store.description} failed to ${operation}: ${what}`,
        actor: 'application',
        cause: Object.assign(new Error(what), { code: systemCodeOf(error) }),
      });
      const repeated = this.#failing.has(operation);
      this.#failing.add(operation);
      emit({ type: 'store-failed', operation, error: failure, repeated });
      throw failure;
    }
  }
}

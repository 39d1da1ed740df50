import { BankCardOcrConfigurationError, configurationIssue } from '../../errors/configuration-error.js';
import type { Text } from '../../errors/text.js';
import { knownToEveryCopy } from '../../runtime/every-copy.js';
import type { TicketRecord } from '../ticket-record.js';
import { contentFrom, type StoreInspection } from './store-inspection.js';

/** The right to request tokens and tickets, which at most one process has at a time. */
export interface TicketLease {
  readonly id: string;
  /** Aborted when the lease was lost, or is about to be. */
  readonly signal: AbortSignal;
  /** Throw the reason of {@link signal} when it has been lost: a stopped process wakes up before its timers fire. */
  throwIfLost(): void;
  release(): Promise<void>;
}

export type StoreAccess = 'read' | 'write';

export type SharingScope = 'process' | 'machine' | 'fleet';

/** Where the credentials of an app id are kept. Your own proves itself with `ticketStoreContract` of `/testing`. */
export abstract class TicketStore {
  static {
    knownToEveryCopy(this, 'ticket-store');
  }

  /** What the start line of the log calls the store; no secrets. */
  abstract readonly description: string;
  abstract readonly scope: SharingScope;
  /** Called once with each unusual thing that does not keep the store from working; set by the module. */
  onWarning?: ((warning: string) => void) | undefined;

  /** Prepare the store, or throw when it refuses the access that is needed: then startup fails. */
  async open(_access: StoreAccess = 'write'): Promise<void> {}

  /** What is stored; undefined when there is nothing, or nothing that can be read. */
  abstract read(): Promise<TicketRecord | undefined>;

  /**
   * Replace what is stored if it still is what was read: atomic, and durable when it returns.
   * @param expected what {@link read} returned; undefined to write the first record
   * @param next its `revision` is one more than that of `expected`, 1 for the first; its `writeId` a new one
   * @returns false when another process has written meanwhile, or holds the lease now; nothing has changed then
   */
  abstract compareAndSet(expected: TicketRecord | undefined, next: TicketRecord, lease?: TicketLease): Promise<boolean>;

  /** Undefined when another process holds the lease. Without a heartbeat of its holder for `ttlMs` it expires. */
  abstract acquireLease(ttlMs: number): Promise<TicketLease | undefined>;

  /** Call `listener` when something may have been written, until the returned function is called. A hint: the library polls. */
  abstract watch(listener: () => void): () => void;

  /** For `doctor`, on a store that was not opened. Changes nothing, may take and release a lease, never rejects. */
  async inspect(_access: StoreAccess = 'write'): Promise<StoreInspection> {
    const content = await contentFrom(async () => {
      const record = await this.read();
      return record ? { kind: 'record', record } : { kind: 'nothing' };
    });
    return { content, findings: [] };
  }

  /** Free what the store holds open; what is stored stays. */
  abstract close(): Promise<void>;
}

/** Why a store did not do what it was asked to. Of any other error only the code or the name is ever shown. */
export class StoreError extends Error {
  override name = 'StoreError';

  constructor(
    readonly code: string,
    reason?: string,
  ) {
    super(reason === undefined ? code : `${code}: ${reason}`);
  }
}

export function storeIssue(problem: Text, cause?: unknown): BankCardOcrConfigurationError {
  const issue = configurationIssue('ticketStore', problem, 'BANKCARD_OCR_TICKET_STORE');
  return new BankCardOcrConfigurationError([issue], cause);
}

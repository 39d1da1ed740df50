import type { BankCardOcrError } from '../errors/bank-card-ocr-error.js';

/** There are no credentials, they are due (or a refresh was left unfinished), the vendor rejected them, the application asked. */
export type RefreshReason = 'initial' | 'due' | 'rejected' | 'requested';

/** What happens to the credentials; logs and metrics are made from it. Nothing in it is secret. */
export type TicketEvent =
  | {
      readonly type: 'credentials-updated';
      readonly generation: number;
      readonly generationId: string;
      /** `refresh`: this process fetched it; `store`: another process did, or this one before its restart. */
      readonly source: 'refresh' | 'store';
      readonly remainingMs: number;
    }
  | {
      readonly type: 'refresh-started';
      readonly reason: RefreshReason;
      readonly attempt: number;
      /** It is not due, and finishes nothing that was begun. */
      readonly forced: boolean;
    }
  /** A token came, its ticket is next: the previous generation has one overlap left. */
  | { readonly type: 'token-pending'; readonly generation: number }
  /** Tencent may have carried out a token request whose response was lost. */
  | { readonly type: 'token-request-in-doubt'; readonly generation: number }
  /** The vendor refused the token for which a ticket was still to come; a new one is asked for. */
  | { readonly type: 'pending-token-refused'; readonly generation: number; readonly vendorCode?: string }
  | {
      readonly type: 'refresh-failed';
      readonly reason: RefreshReason;
      readonly attempt: number;
      readonly error: BankCardOcrError;
      readonly retryInMs: number;
      /** The same failure as before: not worth another line in the log. */
      readonly repeated: boolean;
    }
  | { readonly type: 'credentials-rejected'; readonly generation: number; readonly vendorCode?: string }
  | {
      readonly type: 'store-failed';
      readonly operation: 'read' | 'write' | 'lease';
      readonly error: BankCardOcrError;
      /** It was failing before: not worth another line in the log. */
      readonly repeated: boolean;
    }
  | { readonly type: 'store-recovered' }
  /** The store had lost it; it has been put back. */
  | { readonly type: 'store-restored'; readonly generation: number }
  /** Another process may have refreshed at the same time: one refresh more follows. */
  | { readonly type: 'refresh-conflict'; readonly generation: number }
  | ForeignRefreshSuspected
  /** The stored credentials were made with another app secret and are not used. */
  | { readonly type: 'secret-changed' }
  /** The stored credentials were encrypted with another store key, or not at all, and are not used. */
  | { readonly type: 'credentials-unreadable' };

/** The vendor rejected a generation long before its end, though no process that shares the store has refreshed. */
export interface ForeignRefreshSuspected {
  readonly type: 'foreign-refresh-suspected';
  readonly generation: number;
  readonly vendorCode?: string;
  /** Milliseconds since its token was asked for. */
  readonly ageMs: number;
  readonly remainingMs: number;
  /** How often this was suspected since the start, from 1. */
  readonly times: number;
  /** It was suspected within the last refresh interval already: not worth another line in the log. */
  readonly repeated: boolean;
}

/** Runs one refresh, from the first request to Tencent to its last write, and tells of it. */
export type RefreshObserver = (reason: RefreshReason, refresh: () => Promise<void>) => Promise<void>;

export type TicketEventListener = (event: TicketEvent) => void;

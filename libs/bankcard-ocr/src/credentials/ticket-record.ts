/**
 * Numbers of generations and records end here: a larger one was written by nobody who counts, and counting on from it
 * would soon end where numbers are exact.
 */
export const HIGHEST_NUMBER = 2 ** 52;

/** The number of the next generation; after the highest the count begins anew. */
export function numberAfter(number: number): number {
  return number + 1 < HIGHEST_NUMBER ? number + 1 : 1;
}

/**
 * One generation as a store keeps it. Moments are epoch milliseconds by the wall clock of the process that holds the
 * record; a store whose processes have clocks of their own translates them.
 */
export interface GenerationRecord {
  /** Running number; a refresh counts on from the stored one. */
  readonly number: number;
  /** Random, so that two generations are never mistaken for each other. */
  readonly id: string;
  /** Of the refresh that fetched it: a mark of that refresh has been answered. */
  readonly refreshId?: string;
  readonly accessToken: string;
  /** When the token was asked for: its life is counted from here. */
  readonly tokenRequestedAtMs: number;
  readonly tokenLifeMs: number;
  readonly signTicket: string;
  readonly ticketRequestedAtMs: number;
  readonly ticketLifeMs: number;
  /**
   * A request of ours for this ticket or its token may still be carried out after its answer was given up, and would end
   * it: that it is rejected then is no sign of a foreign refresher.
   */
  readonly contested?: boolean;
}

/** A token whose SIGN ticket has not come yet. It has started the end of the generation before it. */
export type PendingToken = Omit<GenerationRecord, 'signTicket' | 'ticketRequestedAtMs' | 'ticketLifeMs' | 'contested'>;

/** The SIGN ticket of a generation that was replaced: a phone may still report what was signed with it. */
export interface RetiredTicket {
  readonly number: number;
  readonly id: string;
  readonly signTicket: string;
  /** When the token that replaced it was asked for. */
  readonly replacedAtMs: number;
  /** When it would have ended, had it not been replaced. */
  readonly endsAtMs: number;
}

/** A token request whose answer nobody has stored. */
interface UnansweredRequest {
  /** When it was sent; the generation before it may die one overlap later (protocol.md section 5). */
  readonly sinceMs: number;
  /** Random id of the refresh that sent it, or of the one that knows that the stored generation is suspect. */
  readonly by: string;
}

/** Everything that a {@link TicketStore} holds for one app id. Contains secrets: never print one. */
export interface TicketRecord {
  readonly format: 1;
  /** Counts the writes, from 1; a swap succeeds only against the record that was read. */
  readonly revision: number;
  /** Random id of the write, so that a writer recognises its own when it did not hear how that ended. */
  readonly writeId: string;
  /** Tells whether the credentials were made with the app secret of today, without telling the secret. */
  readonly secretFingerprint: string;
  readonly current?: GenerationRecord;
  readonly pending?: PendingToken;
  /**
   * A token was asked for and its answer is on its way, or was lost and the vendor may have carried the request out:
   * `current` is suspect, and one refresh more is wanted.
   */
  readonly unanswered?: UnansweredRequest;
  /** Refreshes are failing: how many in a row, and when anybody may try again. All processes share one backoff. */
  readonly failed?: {
    readonly attempts: number;
    readonly retryAtMs: number;
    /** How long that pause was when it began: more of it than that can only be left by a clock that was set back. */
    readonly pauseMs?: number;
    /**
     * The one process that has failed, without a response of the vendor: its own way may be the trouble, so that nobody else
     * waits. Left out once another process has failed as well.
     */
    readonly by?: string;
  };
  /** When the last refresh began that was not due but forced; forced ones stand one overlap apart. */
  readonly forcedAtMs?: number;
  /** When somebody put back what the store had lost, or found in a refresh that it had: whoever refreshes may have lost its lease. */
  readonly writtenBackAtMs?: number;
  /** A reader was refused with the generation of this id, and may not refresh itself. */
  readonly rejectedId?: string;
  /** Newest first. */
  readonly earlier?: readonly RetiredTicket[];
}

/** How far a refresh has come, as a record tells. */
type RefreshState =
  /** None has been begun that is not finished. */
  | { readonly kind: 'idle' }
  /**
   * A token was requested and its response is not stored: it is on its way, or lost, and then the vendor may have issued
   * the token all the same. `current` may be dying.
   */
  | { readonly kind: 'in-doubt'; readonly sinceMs: number; readonly by: string }
  /** A token waits for its ticket: `current` is dying. */
  | { readonly kind: 'token-issued'; readonly token: PendingToken };

/** The state of the refresh in a record. A token decides over a mark beside it, which another process has set. */
export function refreshStateOf(record: TicketRecord | undefined): RefreshState {
  if (record?.pending) return { kind: 'token-issued', token: record.pending };
  return record?.unanswered ? { kind: 'in-doubt', ...record.unanswered } : { kind: 'idle' };
}

/** Whether a record shows a refresh that a process began and none has finished. */
export function isUnfinished(record: TicketRecord | undefined): boolean {
  return refreshStateOf(record).kind !== 'idle';
}

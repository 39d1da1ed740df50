import { createHmac } from 'node:crypto';

/** No number of a generation or a record is as high: counting on would soon end where numbers are exact. */
export const HIGHEST_NUMBER = 2 ** 52;

/** The number of the next generation; after the highest the count begins anew. */
export function numberAfter(number: number): number {
  return number + 1 < HIGHEST_NUMBER ? number + 1 : 1;
}

/** One generation as a store keeps it. Timestamps are epoch milliseconds by the wall clock of the process. */
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
  /** A request of ours that was given up may still end it: its rejection is no sign of a foreign refresher. */
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

/** Everything that a {@link TicketStore} holds for one app id. Contains secrets: never print one. */
export interface TicketRecord {
  readonly format: 1;
  /** Counts the writes, from 1; a write succeeds only against the record that was read. */
  readonly revision: number;
  /** Random id of the write, so that a writer recognises its own when it did not hear how that ended. */
  readonly writeId: string;
  readonly secretFingerprint: string;
  readonly current?: GenerationRecord;
  /** A token waits for its ticket: `current` is dying. It decides over `unanswered`, which another process has set. */
  readonly pending?: PendingToken;
  /** `by` asked for a token, without a response yet: `current` may end one overlap later (protocol.md section 5). */
  readonly unanswered?: { readonly sinceMs: number; readonly by: string };
  /** Refreshes are failing: how many in a row, and when any process may try again. */
  readonly failed?: {
    readonly attempts: number;
    readonly retryAtMs: number;
    /** How long that pause was when it began: more can only be left by a clock that was set back. */
    readonly pauseMs?: number;
    /** The only process that has failed, without a response from the vendor: perhaps by its own connection, so no other waits. */
    readonly by?: string;
  };
  /** When the last forced refresh began; forced ones stand one overlap apart. */
  readonly forcedAtMs?: number;
  /** When a process put back what the store had lost: the one that refreshes may have lost its lease. */
  readonly writtenBackAtMs?: number;
  /** A reader was refused with the generation of this id, and may not refresh itself. */
  readonly rejectedId?: string;
  readonly earlier?: readonly RetiredTicket[];
}

/** Whether a record shows a refresh that a process began and none has finished. */
export function isUnfinished(record: TicketRecord | undefined): boolean {
  return (record?.pending ?? record?.unanswered) !== undefined;
}

/** 32 hexadecimal digits that show that a secret has changed; it is far too long to be guessed from them. */
export function secretFingerprint(appId: string, secret: string): string {
  return createHmac('sha256', secret).update(`nestjs-bankcard-ocr secret of ${appId}`).digest('hex').slice(0, 32);
}

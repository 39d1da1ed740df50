import { endsAtMs } from '../credentials/credential-lifetime.js';
import type { StoreInspection } from '../credentials/store/store-inspection.js';
import { withoutSealed } from '../credentials/ticket-record.codec.js';
import type { TicketRecord } from '../credentials/ticket-record.js';

interface Text {
  readonly en: string;
  readonly zh: string;
}

/** What a ticket store holds and how usable it is, as operators see it: numbers and times, nothing that is stored. */
export interface StoreReport {
  readonly content: StoreInspection['content']['kind'];
  /** Why it cannot be read. */
  readonly code?: string;
  readonly record?: RecordReport;
  readonly findings: readonly {
    readonly status: 'ok' | 'warn' | 'fail' | 'skipped';
    readonly about?: string;
    readonly found: Text;
    readonly todo?: Text;
  }[];
}

/** What is stored; times are by the clock of this process. */
interface RecordReport {
  /** Counts the writes. */
  readonly revision: number;
  /** Whether tokens and tickets are encrypted in it. */
  readonly sealed: boolean;
  /** The credentials were made with another app secret, and are not used. */
  readonly anotherSecret: boolean;
  readonly generation?: number;
  readonly ageMs?: number;
  readonly endsInMs?: number;
  /** A refresh that a process has begun, under its lease, and none has finished: what came last, and how long ago. */
  readonly unfinished?: { readonly phase: 'requesting' | 'token-issued'; readonly sinceMs: number };
  /** Refreshes fail: how many in a row, over all processes, and when any may try again. */
  readonly failing?: { readonly attempts: number; readonly retryInMs: number };
  /** Since the last refresh that was not due. */
  readonly forcedMsAgo?: number;
  /** Since a process restored what the store had lost. */
  readonly restoredMsAgo?: number;
  /** A reader was rejected with the stored credentials, and asks for a refresh. */
  readonly readerRejected: boolean;
  /** Earlier SIGN tickets, kept for verifying. */
  readonly retiredTickets: number;
}

/** Take of an inspection what may be shown. */
export function reportStore(
  { content, findings }: StoreInspection,
  now: number,
  secretFingerprint: string,
): StoreReport {
  return {
    content: content.kind,
    ...(content.kind === 'unreadable' && { code: content.code }),
    ...(content.kind === 'record' && { record: reportRecord(content.record, now, secretFingerprint) }),
    findings: findings.map(({ status, about, found, todo }) => ({
      status,
      ...(about !== undefined && { about: withoutUserInfo(about) }),
      found: shownText(found),
      ...(todo && { todo: shownText(todo) }),
    })),
  };
}

function reportRecord(record: TicketRecord, now: number, secretFingerprint: string): RecordReport {
  const { revision, current, pending, unanswered, failed, forcedAtMs, writtenBackAtMs, rejectedId, earlier } = record;
  const since = (ms: number): number => Math.max(0, Math.round(now - ms));
  return {
    revision,
    sealed: current !== undefined && withoutSealed(record).current === undefined,
    anotherSecret: record.secretFingerprint !== secretFingerprint,
    ...(current && {
      generation: current.number,
      ageMs: since(current.tokenRequestedAtMs),
      endsInMs: Math.max(0, Math.round(endsAtMs(current) - now)),
    }),
    ...(unanswered && { unfinished: { phase: 'requesting' as const, sinceMs: since(unanswered.sinceMs) } }),
    ...(pending && { unfinished: { phase: 'token-issued' as const, sinceMs: since(pending.tokenRequestedAtMs) } }),
    ...(failed && {
      failing: { attempts: failed.attempts, retryInMs: Math.max(0, Math.round(failed.retryAtMs - now)) },
    }),
    ...(forcedAtMs !== undefined && { forcedMsAgo: since(forcedAtMs) }),
    ...(writtenBackAtMs !== undefined && { restoredMsAgo: since(writtenBackAtMs) }),
    readerRejected: rejectedId !== undefined && rejectedId === current?.id,
    retiredTickets: earlier?.length ?? 0,
  };
}

/** A text in which no URL has a user name or password: a store of the application describes itself as it likes. */
export function withoutUserInfo(text: string): string {
  return text.replace(/([a-z][a-z\d+.-]{0,20}:\/\/)[^\s/?#]*@/gi, '$1');
}

function shownText({ en, zh }: Text): Text {
  return { en: withoutUserInfo(en), zh: withoutUserInfo(zh) };
}

import type { CredentialCache } from './credential-cache.js';
import { ageOrInfinity, CLOCK_STEP_MS, type Instant, isAlive } from './credential-lifetime.js';
import type { RefreshReason } from './ticket-event.js';
import { isUnfinished, type PendingToken, type TicketRecord } from './ticket-record.js';
import type { RefreshTimings } from './timings.js';

/** Whether a process may ask the vendor for credentials, or only uses what others have stored. */
export type TicketRole = 'refresher' | 'reader';

export interface RefreshRequest {
  readonly reason: RefreshReason;
  /** The generation that is no longer wanted, for `rejected` and `requested`. */
  readonly replaces?: string;
  /** Counts on while refreshes fail, from 1. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** What a process remembers of its own refreshes, in case the store has lost it. Moments are on the monotonic clock. */
export interface RefreshMemory {
  /** The token that it was given last and has no ticket for. */
  readonly pending?: PendingToken | undefined;
  /** The generation that was in use when the response to a token request was lost: it may be dying. */
  readonly suspectId?: string | undefined;
  /** A request whose response was given up may still be carried out, and would end what comes next. */
  readonly isContested: boolean;
  /** When it began a forced refresh. */
  readonly forcedAt: number;
  /** When any process did, as the store last told. */
  readonly recordedForcedAt: number;
}

export const NO_MEMORY: RefreshMemory = {
  isContested: false,
  forcedAt: Number.NEGATIVE_INFINITY,
  recordedForcedAt: Number.NEGATIVE_INFINITY,
};

/** All that a decision depends on. */
export interface RefreshSituation {
  readonly role: TicketRole;
  /** What is stored. */
  readonly record: TicketRecord | undefined;
  /** The same, unless it was made with another app secret. */
  readonly ours: TicketRecord | undefined;
  readonly cached: Pick<CredentialCache, 'latest' | 'valid' | 'dueAt'>;
  readonly memory: RefreshMemory;
  readonly request: Pick<RefreshRequest, 'reason' | 'replaces'>;
  readonly now: Instant;
  readonly timings: RefreshTimings;
}

/** What to do next. */
export type RefreshPlan =
  /** There are credentials to use. */
  | { readonly do: 'serve' }
  /** Look again after so many milliseconds. */
  | { readonly do: 'wait'; readonly ms: number }
  /** A reader: ask the refreshers, by a mark in the record, to replace this generation; then wait. */
  | { readonly do: 'ask-others'; readonly replaces: string }
  /** Another process has failed a moment ago, so often in a row; nobody tries again for so long. */
  | { readonly do: 'back-off'; readonly attempts: number; readonly ms: number }
  /** A forced refresh would be too soon by so much. */
  | { readonly do: 'cooldown'; readonly ms: number }
  /** Ask for the ticket of this token, which somebody has begun. */
  | { readonly do: 'finish'; readonly token: PendingToken }
  /**
   * Ask for a token, then its ticket: `forced` if it is not due and finishes nothing, `isBegun` if an earlier refresh was
   * not finished.
   */
  | { readonly do: 'request'; readonly forced: boolean; readonly isBegun: boolean };

/** Timers and clocks round: so little is left when a pause is over. */
const ROUNDING_MS = 5;

/**
 * Decide what a process does next that wants a refresh (protocol.md section 5). Everything but `serve` and what a reader
 * does is for the process that holds the lease.
 */
export function planRefresh(situation: RefreshSituation): RefreshPlan {
  const { role, record, ours, memory, request, now, timings } = situation;
  if (role === 'reader') return planOfReader(situation);
  if (isUnnecessary(situation)) return { do: 'serve' };
  // What the store lost may be the lease and the mark of a process in the middle of a refresh: it finishes, or its lease
  // would have expired by then.
  const untilSettledMs = timings.leaseTtlMs - ageOrInfinity(record?.writtenBackAtMs, now);
  if (untilSettledMs > 0) return { do: 'wait', ms: untilSettledMs };
  const backoff = backoffOfOthers(situation);
  if (backoff) return backoff;
  const token = waitingToken(situation);
  if (token) return { do: 'finish', token };
  // Finishing what was begun ends nothing that has not been ended already, so it is never too soon.
  const isBegun = isUnfinished(ours) || hasBegun(situation);
  const forced = (request.reason === 'rejected' || request.reason === 'requested') && !isBegun;
  const sinceMs = Math.min(ageOrInfinity(ours?.forcedAtMs, now), now.monotonic() - memory.forcedAt);
  if (forced && sinceMs < timings.overlapMs) return { do: 'cooldown', ms: timings.overlapMs - sinceMs };
  return { do: 'request', forced, isBegun };
}

function planOfReader({ ours, cached: { valid }, request, timings }: RefreshSituation): RefreshPlan {
  const unwanted = request.reason === 'rejected' ? request.replaces : undefined;
  // That it is due is for a refresher to see to.
  if (valid && valid.credentials.generationId !== unwanted) return { do: 'serve' };
  if (unwanted !== undefined && ours?.current?.id === unwanted && ours.rejectedId !== unwanted) {
    return { do: 'ask-others', replaces: unwanted };
  }
  return { do: 'wait', ms: timings.leasePollMs };
}

function isUnnecessary(situation: RefreshSituation): boolean {
  const { ours, cached, request, now } = situation;
  if (!cached.valid) return false;
  const { reason, replaces } = request;
  if (reason === 'rejected' || reason === 'requested') return cached.valid.credentials.generationId !== replaces;
  return now.monotonic() < cached.dueAt && !isUnfinished(ours) && !hasBegun(situation);
}

/** Without one back-off for all, ten processes would ask a vendor in trouble ten times as often. */
function backoffOfOthers({ ours, now, timings }: RefreshSituation): RefreshPlan | undefined {
  if (!ours?.failed) return undefined;
  const { attempts, retryAtMs, pauseMs = timings.longestDeveloperRetryMs, by } = ours.failed;
  // One process alone, which keeps its pause itself.
  if (by !== undefined) return undefined;
  const ms = retryAtMs - now.now();
  // A moment further off than the pause was long was written by a clock that has been set back since.
  return ms <= ROUNDING_MS || ms > pauseMs + CLOCK_STEP_MS ? undefined : { do: 'back-off', attempts, ms };
}

/** Whether this process has begun what nobody has finished, also when the store has lost what told the others. */
function hasBegun(situation: RefreshSituation): boolean {
  const { suspectId } = situation.memory;
  const isSuspect = suspectId !== undefined && suspectId === situation.cached.latest?.record.id;
  return isSuspect || waitingToken(situation) !== undefined;
}

/** A token for which a ticket is still to come: one that is stored, or our own that the store could not take. */
function waitingToken({ record, ours, memory: { pending }, now }: RefreshSituation): PendingToken | undefined {
  if (ours?.pending) return isAlive(ours.pending, now) ? ours.pending : undefined;
  if (!pending || (record && !ours) || !isAlive(pending, now)) return undefined;
  // Another process has asked for another one since, and so ended it.
  const isForeignMark = ours?.unanswered !== undefined && ours.unanswered.by !== pending.refreshId;
  const isOutdated = ours?.current !== undefined && ours.current.number >= pending.number;
  return isForeignMark || isOutdated ? undefined : pending;
}

/** When the last forced refresh began, as a record tells that may have lost it; undefined when there was none. */
export function lastForcedAtMs(
  record: TicketRecord | undefined,
  { forcedAt, recordedForcedAt }: RefreshMemory,
  now: Instant,
): number | undefined {
  const monotonic = now.monotonic();
  const latest = Math.max(forcedAt, recordedForcedAt, monotonic - ageOrInfinity(record?.forcedAtMs, now));
  return Number.isFinite(latest) ? Math.max(0, now.now() - (monotonic - latest)) : undefined;
}

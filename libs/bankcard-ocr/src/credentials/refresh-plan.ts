import type { CredentialCache } from './credential-cache.js';
import { ageOrInfinity, CLOCK_STEP_MS, type Instant, isAlive } from './credential-lifetime.js';
import type { RefreshReason } from './ticket-event.js';
import { isUnfinished, type PendingToken, type TicketRecord } from './ticket-record.js';
import type { RefreshTimings } from './timings.js';

export interface RefreshRequest {
  readonly reason: RefreshReason;
  /** The generation to replace, for `rejected` and `requested`. */
  readonly replaces?: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** What a process remembers of its refreshes, in case the store has lost it. Times are on the monotonic clock. */
export interface RefreshMemory {
  /** The last token that it received and has no ticket for. */
  readonly pending?: PendingToken | undefined;
  /** In use when the response to a token request was lost: it may be in its overlap. */
  readonly suspectId?: string | undefined;
  /** Tencent may still carry out an aborted request, which would invalidate the next credentials. */
  readonly isContested: boolean;
  readonly forcedAt: number;
  /** When any process did, by the record last read: a refusal of the vendor takes it back. */
  readonly recordedForcedAt: number;
}

const NEVER = Number.NEGATIVE_INFINITY;
export const NO_MEMORY: RefreshMemory = { isContested: false, forcedAt: NEVER, recordedForcedAt: NEVER };

export interface RefreshSituation {
  readonly record: TicketRecord | undefined;
  /** The same, unless another app secret made it. */
  readonly ours: TicketRecord | undefined;
  readonly cached: Pick<CredentialCache, 'latest' | 'valid' | 'dueAt'>;
  readonly memory: RefreshMemory;
  readonly request: Pick<RefreshRequest, 'reason' | 'replaces'>;
  readonly now: Instant;
  readonly timings: RefreshTimings;
}

export type RefreshPlan =
  | { readonly do: 'serve' }
  /** Decide again after so many milliseconds. */
  | { readonly do: 'wait'; readonly ms: number }
  /** Other processes have just failed, `attempts` times in a row; no process retries for so long. */
  | { readonly do: 'back-off'; readonly attempts: number; readonly ms: number }
  /** A forced refresh would be too soon by so much. */
  | { readonly do: 'cooldown'; readonly ms: number }
  | { readonly do: 'finish'; readonly token: PendingToken }
  /** Request a token, then its ticket: `forced` if it is not due and finishes nothing. An earlier refresh `isBegun`. */
  | { readonly do: 'request'; readonly forced: boolean; readonly isBegun: boolean };

/** Timers and clocks round: a backoff with so little left is over. */
const ROUNDING_MS = 5;

/** Decide the next step of a refresher that wants a refresh (protocol.md section 5). All but `serve` need the lease. */
export function planRefresh(situation: RefreshSituation): RefreshPlan {
  const { record, ours, memory, request, now, timings } = situation;
  if (isUnnecessary(situation)) return { do: 'serve' };
  // The store may have lost the lease and the mark of a refresh that runs. By then it has ended.
  const untilSettledMs = timings.leaseTtlMs - ageOrInfinity(record?.writtenBackAtMs, now);
  if (untilSettledMs > 0) return { do: 'wait', ms: untilSettledMs };
  const backoff = backoffOfOthers(situation);
  if (backoff) return backoff;
  const token = waitingToken(situation);
  if (token) return { do: 'finish', token };
  // Finishing a refresh invalidates nothing more, so it is never too soon.
  const isBegun = isUnfinished(ours) || hasBegun(situation);
  const forced = (request.reason === 'rejected' || request.reason === 'requested') && !isBegun;
  const sinceMs = Math.min(ageOrInfinity(ours?.forcedAtMs, now), now.monotonic() - memory.forcedAt);
  if (forced && sinceMs < timings.overlapMs) return { do: 'cooldown', ms: timings.overlapMs - sinceMs };
  return { do: 'request', forced, isBegun };
}

function isUnnecessary(situation: RefreshSituation): boolean {
  const { ours, cached, request, now } = situation;
  if (!cached.valid) return false;
  const { reason, replaces } = request;
  if (reason === 'rejected' || reason === 'requested') return cached.valid.credentials.generationId !== replaces;
  return now.monotonic() < cached.dueAt && !isUnfinished(ours) && !hasBegun(situation);
}

/** Without a shared backoff, ten processes would send ten times as many requests while Tencent is failing. */
function backoffOfOthers({ ours, now, timings }: RefreshSituation): RefreshPlan | undefined {
  if (!ours?.failed) return undefined;
  const { attempts, retryAtMs, pauseMs = timings.longestDeveloperRetryMs, by } = ours.failed;
  // Only one process has failed, and it backs off by itself.
  if (by !== undefined) return undefined;
  const ms = retryAtMs - now.now();
  // A retry further away than the backoff was long: the clock has been set back since.
  return ms <= ROUNDING_MS || ms > pauseMs + CLOCK_STEP_MS ? undefined : { do: 'back-off', attempts, ms };
}

/** Whether this process has an unfinished refresh, even if the store has lost its mark. */
function hasBegun(situation: RefreshSituation): boolean {
  const { suspectId } = situation.memory;
  const isSuspect = suspectId !== undefined && suspectId === situation.cached.latest?.record.id;
  return isSuspect || waitingToken(situation) !== undefined;
}

/** The token that has no ticket yet: a stored one, or this process's own that the store could not save. */
function waitingToken({ record, ours, memory: { pending }, now }: RefreshSituation): PendingToken | undefined {
  if (ours?.pending) return isAlive(ours.pending, now) ? ours.pending : undefined;
  if (!pending || (record && !ours) || !isAlive(pending, now)) return undefined;
  // Another process has requested a token since, which invalidates this one.
  const isForeignMark = ours?.unanswered !== undefined && ours.unanswered.by !== pending.refreshId;
  const isOutdated = ours?.current !== undefined && ours.current.number >= pending.number;
  return isForeignMark || isOutdated ? undefined : pending;
}

/** When the last forced refresh started, by a record that may have lost it; undefined when there was none. */
export function lastForcedAtMs(
  record: TicketRecord | undefined,
  { forcedAt, recordedForcedAt }: RefreshMemory,
  now: Instant,
): number | undefined {
  const rememberedMs = now.monotonic() - Math.max(forcedAt, recordedForcedAt);
  const sinceMs = Math.min(ageOrInfinity(record?.forcedAtMs, now), rememberedMs);
  return Number.isFinite(sinceMs) ? Math.max(0, now.now() - sinceMs) : undefined;
}

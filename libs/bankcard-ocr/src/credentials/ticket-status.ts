import type { BankCardOcrErrorCode } from '../errors/error-codes.js';
import type { TicketRole } from './refresh-plan.js';
import type { SharingScope } from './store/ticket-store.js';
import type { Clock } from '../runtime/clock.js';
import type { CredentialCache } from './credential-cache.js';
import type { RefreshFailures } from './refresh-backoff.js';

/** How the credentials are; made for health checks and support. Nothing in it is secret. */
export interface TicketStatus {
  /**
   * - `none`: there are none to use; queries fail with `NO_VALID_TICKET` until a refresh succeeds.
   * - `fresh`: younger than the refresh interval.
   * - `due`: older; still valid, and served while the refresh is tried.
   */
  readonly state: 'none' | 'fresh' | 'due';
  /** Whether this process has ever had credentials to use. */
  readonly everObtained: boolean;
  readonly refreshing: boolean;
  readonly generation?: number;
  readonly generationId?: string;
  /** Milliseconds since the token was asked for. */
  readonly ageMs?: number;
  /** Milliseconds until a refresh is due; 0 when it is. */
  readonly dueInMs?: number;
  /** Milliseconds until the end of the ticket. */
  readonly remainingMs?: number;
  /** The last refresh failed. */
  readonly failure?: { readonly code: BankCardOcrErrorCode; readonly vendorCode?: string; readonly retryInMs: number };
  readonly role: TicketRole;
  /** How often another program seems to have refreshed the same app id, since the start. */
  readonly foreignRefreshSuspected: number;
  readonly store: { readonly description: string; readonly scope: SharingScope };
}

/** What is held, and the failure that stands in the way of the next refresh. */
export function statusOf(
  { latest, valid, dueAt }: CredentialCache,
  { last, pauseMs }: RefreshFailures,
  clock: Clock,
): Omit<TicketStatus, 'refreshing' | 'role' | 'foreignRefreshSuspected' | 'store'> {
  const now = clock.monotonic();
  const error = last?.error;
  return {
    state: valid ? (now >= dueAt ? 'due' : 'fresh') : 'none',
    everObtained: latest !== undefined,
    ...(valid && {
      ...valid.credentials.toJSON(),
      ageMs: Math.round(now - valid.beganAt),
      dueInMs: Math.max(0, Math.round(dueAt - now)),
      remainingMs: Math.round(valid.endsAt - now),
    }),
    ...(error && {
      failure: { code: error.code, vendorCode: error.vendorCode, retryInMs: Math.round(pauseMs) },
    }),
  };
}

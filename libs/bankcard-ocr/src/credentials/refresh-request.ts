import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import type { AuthClient } from '../vendor/auth.client.js';
import type { ForcedRefreshCooldown } from './forced-spacing.js';
import type { CredentialCache } from './held-credentials.js';
import type { RefreshReason, TicketEventListener } from './ticket-event.js';
import type { TicketRecordRepository } from './ticket-records.js';
import type { RefreshTimings } from './timings.js';

/** Why a refresh is wanted, and what would make it unnecessary. */
export interface RefreshRequest {
  readonly reason: RefreshReason;
  /** The generation that is no longer wanted, for `rejected` and `requested`. */
  readonly replaces?: string;
  /** Counts on while refreshes fail, from 1. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** What a {@link CredentialRefresh} works with. */
export interface RefreshDependencies {
  readonly records: TicketRecordRepository;
  readonly auth: AuthClient;
  readonly held: CredentialCache;
  readonly clock: Clock;
  readonly random: Random;
  readonly timings: RefreshTimings;
  readonly spacing: ForcedRefreshCooldown;
  readonly emit: TicketEventListener;
}

/** What a {@link RefreshSchedule} runs: a refresh at the vendor, or the waiting for one of another process. */
export interface Refresh {
  /**
   * Afterwards {@link CredentialCache} holds what to use.
   *
   * @throws {@link RefreshCooldownError}, and the failure of the refresh
   */
  run(request: RefreshRequest): Promise<void>;
}

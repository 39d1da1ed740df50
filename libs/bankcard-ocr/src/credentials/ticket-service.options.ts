import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import type { AuthClient } from '../vendor/auth.client.js';
import type { TicketRole } from './refresh-plan.js';
import type { RecordSeal } from './ticket-record.codec.js';
import type { TicketStore } from './store/ticket-store.js';
import type { RefreshTimings } from './timings.js';

/** What a {@link TicketService} works with. */
export interface TicketServiceOptions {
  readonly store: TicketStore;
  readonly auth: AuthClient;
  readonly clock: Clock;
  /** @default the machine's */
  readonly random?: Random;
  /** Times the operations of the store, which are real ones; a simulation has a clock for them. @default the machine's */
  readonly storeClock?: Clock;
  readonly timings: RefreshTimings;
  /** Tells credentials made with today's app secret from others. */
  readonly secretFingerprint: string;
  /** Refresh by a timer, also while nobody asks. */
  readonly backgroundRefresh: boolean;
  /** @default 'refresher' */
  readonly role?: TicketRole;
  /** How long earlier tickets are kept for verifying; see {@link RetiredTickets}. */
  readonly verifyWindowMs?: number;
  /** Encrypts credentials before the store sees them. */
  readonly seal?: RecordSeal;
}

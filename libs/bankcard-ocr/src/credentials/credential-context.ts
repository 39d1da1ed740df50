import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import type { AuthClient } from '../vendor/auth.client.js';
import type { TicketStore } from './store/ticket-store.js';
import type { RefreshObserver, TicketEventListener } from './ticket-event.js';
import type { RecordSeal } from './ticket-record.codec.js';
import type { RefreshTimings } from './timings.js';

/** Whether a process may request credentials from Tencent, or only uses what other processes have stored. */
export type TicketRole = 'refresher' | 'reader';

/** What a `TicketService` is made of. */
export interface TicketServiceOptions {
  readonly store: TicketStore;
  readonly auth: AuthClient;
  readonly clock: Clock;
  readonly random: Random;
  /** Times the operations of the store, which are real ones: never a clock that a test moves by hand. */
  readonly storeClock: Clock;
  readonly timings: RefreshTimings;
  readonly secretFingerprint: string;
  readonly backgroundRefresh: boolean;
  readonly role: TicketRole;
  /** How long retired tickets are kept after their replacement. @default one interval, and as long as they would have lived */
  readonly verifyWindowMs?: number;
  readonly seal?: RecordSeal;
  readonly observeRefresh: RefreshObserver;
}

/** What its parts share. */
export interface CredentialContext extends TicketServiceOptions {
  readonly emit: TicketEventListener;
}

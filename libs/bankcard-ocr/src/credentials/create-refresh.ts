import type { AuthClient } from '../vendor/auth.client.js';
import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import { CredentialRefresh } from './refresh.js';
import { ForcedRefreshCooldown } from './forced-spacing.js';
import type { CredentialCache } from './held-credentials.js';
import { ReaderRefresh } from './reader-refresh.js';
import type { Refresh } from './refresh-request.js';
import { StoreLook } from './store-look.js';
import type { TicketEventListener } from './ticket-event.js';
import { TicketRecordRepository, type TicketRecordRepositoryOptions } from './ticket-records.js';
import type { RefreshTimings } from './timings.js';

/** Whether a process may ask the vendor for credentials, or only uses what others have stored. */
export type TicketRole = 'refresher' | 'reader';

/** What a refresh is made of. */
interface RefreshParts {
  readonly role: TicketRole;
  readonly auth: AuthClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly timings: RefreshTimings;
  readonly held: CredentialCache;
  readonly records: TicketRecordRepositoryOptions;
  readonly emit: TicketEventListener;
}

/** Make the refresh that a role asks for, and the look at the store that belongs to it. */
export function createRefresh(parts: RefreshParts): { refresh: Refresh; look: StoreLook } {
  const { role, held, clock, timings, emit } = parts;
  const records = new TicketRecordRepository(parts.records);
  const spacing = new ForcedRefreshCooldown(clock, timings.overlapMs);
  const look = new StoreLook({ records, held, clock, spacing, emit, mayWrite: role === 'refresher' });
  if (role === 'reader') {
    const quiet = new TicketRecordRepository({ ...parts.records, emit: () => undefined });
    return { refresh: new ReaderRefresh({ records: quiet, held, clock, timings }, look), look };
  }

  const dependencies = { ...parts, spacing };
  return { refresh: new CredentialRefresh({ ...dependencies, records }, look), look };
}

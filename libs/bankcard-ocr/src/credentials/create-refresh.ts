import type { AuthClient } from '../vendor/auth.client.js';
import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import { CredentialRefresh } from './refresh.js';
import { ForcedRefreshCooldown } from './forced-spacing.js';
import type { CredentialCache } from './held-credentials.js';
import { LonelyRefresh } from './lonely-refresh.js';
import { ReaderRefresh } from './reader-refresh.js';
import type { Refresh } from './refresh-request.js';
import { StoreLook } from './store-look.js';
import { MemoryTicketStore } from './store/memory-ticket.store.js';
import type { TicketEventListener } from './ticket-event.js';
import { TicketRecordRepository, type TicketRecordRepositoryOptions } from './ticket-records.js';
import type { RefreshTimings } from './timings.js';

/** Whether a process may ask the vendor for credentials, or only uses what others have stored. */
export type TicketRole = 'refresher' | 'reader';

/** What to do when the store cannot be used and no usable credentials are left. */
export type StoreLossPolicy = 'fail' | 'refresh-alone';

/** What a refresh is made of. */
interface RefreshParts {
  readonly role: TicketRole;
  readonly onStoreLoss: StoreLossPolicy;
  readonly auth: AuthClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly timings: RefreshTimings;
  readonly held: CredentialCache;
  readonly records: TicketRecordRepositoryOptions;
  readonly emit: TicketEventListener;
}

/** Make the refresh that a role and a policy ask for, and the look at the store that belongs to it. */
export function createRefresh(parts: RefreshParts): { refresh: Refresh; look: StoreLook } {
  const { role, onStoreLoss, held, clock, timings, emit } = parts;
  const records = new TicketRecordRepository(parts.records);
  const spacing = new ForcedRefreshCooldown(clock, timings.overlapMs);
  const look = new StoreLook({ records, held, clock, spacing, emit, mayWrite: role === 'refresher' });
  if (role === 'reader') {
    const quiet = new TicketRecordRepository({ ...parts.records, emit: () => undefined });
    return { refresh: new ReaderRefresh({ records: quiet, held, clock, timings }, look), look };
  }

  const dependencies = { ...parts, spacing };
  const shared = new CredentialRefresh({ ...dependencies, records }, look);
  if (onStoreLoss === 'fail') return { refresh: shared, look };
  const createAlone = (): Refresh => {
    const ownRecords = new TicketRecordRepository({ ...parts.records, store: new MemoryTicketStore(parts.random) });
    // What is held is no loss of a store that has just been made.
    const ownLook = new StoreLook({ ...parts, records: ownRecords, spacing, mayWrite: false });
    return new CredentialRefresh({ ...dependencies, records: ownRecords }, ownLook);
  };
  return { refresh: new LonelyRefresh({ held, clock, timings, emit, shared, createAlone }), look };
}

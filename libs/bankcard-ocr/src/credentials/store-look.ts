import type { Clock } from '../runtime/clock.js';
import type { ForcedRefreshCooldown } from './forced-spacing.js';
import type { CredentialCache } from './held-credentials.js';
import type { TicketEventListener } from './ticket-event.js';
import type { TicketRecord } from './ticket-record.js';
import { StaleWriteError, StoreUnavailableError, type TicketRecordRepository } from './ticket-records.js';

/** What a {@link StoreLook} works with. */
interface StoreLookDependencies {
  readonly records: TicketRecordRepository;
  readonly held: CredentialCache;
  readonly clock: Clock;
  readonly spacing: ForcedRefreshCooldown;
  readonly emit: TicketEventListener;
  /** A reader changes nothing of what is stored. */
  readonly mayWrite: boolean;
}

/** Brings what this process holds and what is stored together: the newer of the two is used, and stored. */
export class StoreLook {
  constructor(private readonly dependencies: StoreLookDependencies) {}

  /**
   * Read the store; use what is newer there, and put back what it has lost by a failover or by being emptied.
   *
   * @throws {@link StoreUnavailableError} when it cannot be read
   */
  async look(): Promise<TicketRecord | undefined> {
    const { records, held, clock, spacing, emit, mayWrite } = this.dependencies;
    const record = await records.read();
    held.adopt(record);
    // What another store key has encrypted is not lost: whoever wrote it would put it back in its turn, without end.
    const mayLack = mayWrite && records.unreadableIn(record) === undefined;
    const missing = mayLack ? held.missingIn(record) : undefined;
    const ours = held.ours(record);
    if (!missing) {
      if (ours) spacing.note(ours);
      return record;
    }
    try {
      const written = await records.write(record, {
        ...missing,
        forcedAtMs: spacing.latest(ours),
        writtenBackAtMs: clock.now(),
      });
      emit({ type: 'store-restored', generation: missing.current?.number ?? 0 });
      return written;
    } catch (error) {
      if (error instanceof StoreUnavailableError) return record;
      if (!(error instanceof StaleWriteError)) throw error;
      // Another process was quicker: what it has put there decides.
      const latest = await records.read();
      held.adopt(latest);
      return latest;
    }
  }
}

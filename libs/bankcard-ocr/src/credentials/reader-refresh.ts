import type { Clock } from '../runtime/clock.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { sleep } from '../runtime/abort.js';
import type { CredentialCache } from './held-credentials.js';
import type { Refresh, RefreshRequest } from './refresh-request.js';
import { RefreshCooldownError } from './refresh-too-soon.js';
import type { StoreLook } from './store-look.js';
import { type TicketRecordRepository } from './ticket-records.js';
import type { RefreshTimings } from './timings.js';

/** What a {@link ReaderRefresh} works with. */
interface ReaderRefreshDependencies {
  /** For asking; that it may not write is no outage of the store. */
  readonly records: TicketRecordRepository;
  readonly held: CredentialCache;
  readonly clock: Clock;
  readonly timings: RefreshTimings;
}

/**
 * The refresh of a process that must not refresh (`role: 'reader'`): it waits for what a refresher stores, and asks for
 * it by a mark in the record when the vendor has rejected what is stored.
 */
export class ReaderRefresh implements Refresh {
  constructor(
    private readonly dependencies: ReaderRefreshDependencies,
    private readonly store: StoreLook,
  ) {}

  async run({ reason, replaces, signal }: RefreshRequest): Promise<void> {
    const { held, clock, timings } = this.dependencies;
    const endsAt = clock.monotonic() + timings.pollMs;
    for (let looks = 0; ; looks += 1) {
      await this.store.look();
      const wanted = reason === 'rejected' ? replaces : undefined;
      // That it is due is for a refresher to see to.
      if (held.valid && held.valid.credentials.generationId !== wanted) return;
      if (looks === 0 && wanted !== undefined) await this.#askFor(wanted);
      if (clock.monotonic() >= endsAt)
        throw wanted === undefined ? nothingStored() : new RefreshCooldownError(timings.overlapMs);
      await sleep(clock, timings.leasePollMs, signal);
    }
  }

  /** A reader whose access to the store is read-only cannot ask; the next scheduled refresh helps it then. */
  async #askFor(rejectedId: string): Promise<void> {
    const { records, held } = this.dependencies;
    const record = await records.read();
    if (!record || held.ours(record)?.current?.id !== rejectedId || record.rejectedId === rejectedId) return;
    await records.write(record, { rejectedId }).catch(() => undefined);
  }
}

/** What a caller is told who asks a reader to refresh. */
export function readersDoNotRefresh(): BankCardOcrError {
  return new BankCardOcrError('CONFIGURATION', {
    message: "a process with role 'reader' never refreshes: call refresh() in one with role 'refresher'",
  });
}

function nothingStored(): BankCardOcrError {
  return new BankCardOcrError('NO_VALID_TICKET', {
    message:
      "the store has no valid credentials, and a process with role 'reader' fetches none: is a refresher running?",
  });
}

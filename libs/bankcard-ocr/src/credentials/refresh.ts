import type { Clock } from '../runtime/clock.js';
import { type BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { sleep } from '../runtime/abort.js';
import { ageMs, isUnfinished } from './freshness.js';
import { CredentialFetcher } from './generation-fetcher.js';
import { failureOfOthers, RefreshFailed } from './refresh-failed.js';
import { pauseAfter } from './refresh-failures.js';
import type { Refresh, RefreshDependencies, RefreshRequest } from './refresh-request.js';
import { RefreshCooldownError } from './refresh-too-soon.js';
import type { StoreLook } from './store-look.js';
import type { TicketLease } from './store/ticket-store.js';
import type { TicketRecord } from './ticket-record.js';
import { StaleWriteError, StoreUnavailableError } from './ticket-records.js';

/**
 * One refresh by the vendor's rules (protocol.md section 5): look whether somebody has done it, become the only one who
 * does it, look again, then token and ticket together.
 */
export class CredentialRefresh implements Refresh {
  readonly #fetcher: CredentialFetcher;

  constructor(
    private readonly dependencies: RefreshDependencies,
    private readonly store: StoreLook,
  ) {
    this.#fetcher = new CredentialFetcher(dependencies);
  }

  async run(request: RefreshRequest): Promise<void> {
    if (this.#isUnnecessary(await this.store.look(), request)) return;
    for (;;) {
      const lease = await this.#waitForLease(request);
      if (!lease) return;
      const waitMs = await this.#underLease(lease, request);
      if (waitMs <= 0) return;
      await sleep(this.dependencies.clock, waitMs, request.signal);
    }
  }

  /** @returns 0 when it is done, else how long nobody may begin, in milliseconds */
  async #underLease(lease: TicketLease, request: RefreshRequest): Promise<number> {
    const { held, clock, timings } = this.dependencies;
    try {
      const record = await this.store.look();
      if (this.#isUnnecessary(record, request)) return 0;
      // What the store lost may be the lease and the mark of somebody in the middle of a refresh: it finishes, or its
      // lease would have lapsed by then.
      const waitMs = timings.leaseTtlMs - sinceWrittenBackMs(record, clock);
      if (waitMs > 0) return waitMs;
      const failed = failureOfOthers(held.ours(record), clock, timings);
      if (failed) throw failed;
      await this.#fetcher.fetch(record, lease, request);
      return 0;
    } catch (error) {
      throw await this.#shareFailure(error, lease, request);
    } finally {
      await this.dependencies.records.release(lease);
    }
  }

  /** Tell the other processes, before they get the lease, that the vendor is in trouble and when to try again. */
  async #shareFailure(error: unknown, lease: TicketLease, { attempt, signal }: RefreshRequest): Promise<unknown> {
    const { records, held, clock, timings, random } = this.dependencies;
    if (!isOfTheVendor(error) || signal.aborted || lease.signal.aborted) return error;
    const latest = await records.read().catch(() => undefined);
    const attempts = Math.max(attempt, (held.ours(latest)?.failed?.attempts ?? 0) + 1);
    const retryInMs = Math.min(pauseAfter(error, attempts, timings, random), this.#overlapLeftMs(held.ours(latest)));
    // Without a record, or with one that another secret made, there is nobody to tell.
    if (held.ours(latest)) {
      const failed = { attempts, retryAtMs: clock.now() + retryInMs, pauseMs: retryInMs };
      await records.write(latest, { failed }, lease).catch(() => undefined);
    }
    return new RefreshFailed(error, attempts, retryInMs);
  }

  /** A token that waits for its ticket is tried once more when the overlap ends: from then on it may be replaced. */
  #overlapLeftMs(record: TicketRecord | undefined): number {
    const { clock, timings } = this.dependencies;
    const ageOfTokenMs = record?.pending && ageMs(record.pending.tokenRequestedAtMs, clock);
    const leftMs = ageOfTokenMs === undefined ? 0 : timings.overlapMs - ageOfTokenMs;
    return leftMs > 0 ? leftMs : Number.POSITIVE_INFINITY;
  }

  #isUnnecessary(record: TicketRecord | undefined, { reason, replaces }: RefreshRequest): boolean {
    const { held, clock } = this.dependencies;
    if (!held.valid) return false;
    if (reason === 'rejected' || reason === 'requested') return held.valid.credentials.generationId !== replaces;
    return clock.monotonic() < held.dueAt && !isUnfinished(held.ours(record)) && !this.#fetcher.hasBegun(record);
  }

  async #waitForLease(request: RefreshRequest): Promise<TicketLease | undefined> {
    const { records, clock, timings } = this.dependencies;
    for (;;) {
      const lease = await records.lease(timings.leaseTtlMs);
      if (lease) return lease;
      await sleep(clock, timings.leasePollMs, request.signal);
      if (this.#isUnnecessary(await this.store.look(), request)) return undefined;
    }
  }
}

function sinceWrittenBackMs(record: TicketRecord | undefined, clock: Clock): number {
  const age = record?.writtenBackAtMs === undefined ? undefined : ageMs(record.writtenBackAtMs, clock);
  return age ?? Number.POSITIVE_INFINITY;
}

function isOfTheVendor(error: unknown): error is BankCardOcrError {
  const isOurs =
    error instanceof RefreshCooldownError || error instanceof StaleWriteError || error instanceof StoreUnavailableError;
  return isBankCardOcrError(error) && !isOurs;
}

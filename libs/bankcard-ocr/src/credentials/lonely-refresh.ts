import type { Clock } from '../runtime/clock.js';
import type { CredentialCache } from './held-credentials.js';
import type { Refresh, RefreshRequest } from './refresh-request.js';
import type { TicketEventListener } from './ticket-event.js';
import { StoreUnavailableError } from './ticket-records.js';
import type { RefreshTimings } from './timings.js';

/** What a {@link LonelyRefresh} works with. */
interface LonelyRefreshDependencies {
  readonly held: CredentialCache;
  readonly clock: Clock;
  readonly timings: RefreshTimings;
  readonly emit: TicketEventListener;
  /** The refresh that all processes share by the store. */
  readonly shared: Refresh;
  /** Makes one whose records stay in this process. */
  readonly createAlone: () => Refresh;
}

/**
 * `onStoreLoss: 'refresh-alone'`: when the store cannot be used and nothing usable is left, this process refreshes without
 * it. Another process that does so too ends the credentials of this one an overlap later.
 */
export class LonelyRefresh implements Refresh {
  /** Of this outage: what another one has left is outdated. */
  #alone: Refresh | undefined;

  constructor(private readonly dependencies: LonelyRefreshDependencies) {}

  async run(request: RefreshRequest): Promise<void> {
    const { emit, createAlone } = this.dependencies;
    const loss = await this.#runShared(request);
    if (!loss) return;
    if (request.reason === 'rejected') {
      // It may be the request's fault, and one command that was late is no loss of the store.
      if (!(await this.#runShared(request))) return;
    } else if (this.#canWait) throw loss;
    if (!this.#alone) emit({ type: 'refresh-alone' });
    this.#alone ??= createAlone();
    await this.#alone.run(request);
  }

  /** @returns the failure of the store, if that is what it failed by */
  async #runShared(request: RefreshRequest): Promise<StoreUnavailableError | undefined> {
    try {
      await this.dependencies.shared.run(request);
    } catch (error) {
      if (error instanceof StoreUnavailableError) return error;
      this.#alone = undefined;
      throw error;
    }
    this.#alone = undefined;
    return undefined;
  }

  /** Whether what is held lives long enough for another try, and one more. */
  get #canWait(): boolean {
    const { held, clock, timings } = this.dependencies;
    return held.valid !== undefined && held.valid.endsAt - clock.monotonic() > 2 * timings.longestRetryMs;
  }
}

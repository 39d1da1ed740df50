import type { Clock } from '../clock.js';
import type { HeldCredentials } from './held-credentials.js';
import type { Refresh, RefreshRequest } from './refresh-request.js';
import type { TicketEventListener } from './ticket-event.js';
import { StoreFailed } from './ticket-records.js';
import type { RefreshTimings } from './timings.js';

/** What a {@link LonelyRefresh} works with. */
export interface LonelyRefreshDependencies {
  readonly held: HeldCredentials;
  readonly clock: Clock;
  readonly timings: RefreshTimings;
  readonly emit: TicketEventListener;
  /** The refresh that all processes share by the store. */
  readonly shared: Refresh;
  /** One whose records stay in this process. */
  readonly alone: Refresh;
}

/**
 * `onStoreLoss: 'refresh-alone'`: when the store cannot be used and nothing usable is left, this process refreshes without
 * it. Another process that does so too ends the credentials of this one an overlap later.
 */
export class LonelyRefresh implements Refresh {
  constructor(private readonly dependencies: LonelyRefreshDependencies) {}

  async run(request: RefreshRequest): Promise<void> {
    const { emit, shared, alone } = this.dependencies;
    try {
      await shared.run(request);
    } catch (error) {
      if (!(error instanceof StoreFailed) || (request.reason !== 'rejected' && this.#canWait)) throw error;
      emit({ type: 'refresh-alone' });
      await alone.run(request);
    }
  }

  /** Whether what is held lives long enough for another try, and one more. */
  get #canWait(): boolean {
    const { held, clock, timings } = this.dependencies;
    return held.valid !== undefined && held.valid.endsAt - clock.monotonic() > 2 * timings.longestRetryMs;
  }
}

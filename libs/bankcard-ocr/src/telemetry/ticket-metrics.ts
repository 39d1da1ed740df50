import type { TicketEvent } from '../credentials/ticket-event.js';

/** What is counted, since the start of the process. Only grows. */
export interface TicketCounts {
  /** Generations that this process fetched. */
  readonly refreshed: number;
  /** Generations that it took over from another process, or from an earlier life of this one. */
  readonly adopted: number;
  readonly refreshFailed: number;
  /** Generations with which the vendor rejected a request. */
  readonly rejected: number;
  /** Times at which another program seems to have refreshed the same app id. */
  readonly foreignRefreshSuspected: number;
  readonly storeFailed: number;
  readonly writtenBack: number;
  readonly suspect: number;
}

/** Counts what happens to the credentials; hand {@link counts} to whatever collects your metrics. */
export class TicketMetrics {
  /** @param name of the registration whose credentials are counted, a label for your metrics; undefined if it has none */
  constructor(readonly name?: string) {}

  #counts: TicketCounts = {
    refreshed: 0,
    adopted: 0,
    refreshFailed: 0,
    rejected: 0,
    foreignRefreshSuspected: 0,
    storeFailed: 0,
    writtenBack: 0,
    suspect: 0,
  };

  /** The counts as they are now, a copy. */
  get counts(): TicketCounts {
    return { ...this.#counts };
  }

  note(event: TicketEvent): void {
    const counted = metricOf(event);
    if (counted) this.#counts = { ...this.#counts, [counted]: this.#counts[counted] + 1 };
  }
}

function metricOf(event: TicketEvent): keyof TicketCounts | undefined {
  switch (event.type) {
    case 'credentials-updated':
      return event.source === 'refresh' ? 'refreshed' : 'adopted';
    case 'refresh-failed':
      return 'refreshFailed';
    case 'credentials-rejected':
      return 'rejected';
    case 'foreign-refresh-suspected':
      return 'foreignRefreshSuspected';
    case 'store-failed':
      return 'storeFailed';
    case 'store-restored':
      return 'writtenBack';
    case 'refresh-conflict':
      return 'suspect';
    default:
      return undefined;
  }
}

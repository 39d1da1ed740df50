import type { TicketEvent } from '../credentials/ticket-event.js';

/** Counts since the start of the process; they only grow. */
export interface TicketCounts {
  /** Generations that this process fetched. */
  readonly refreshed: number;
  /** Generations that it took over from another process, or from an earlier run of its own. */
  readonly adopted: number;
  readonly refreshFailed: number;
  /** Generations with which Tencent rejected a request. */
  readonly rejected: number;
  /** How often another program seems to have refreshed the same app id. */
  readonly foreignRefreshSuspected: number;
  readonly storeFailed: number;
  readonly writtenBack: number;
  readonly suspect: number;
}

const COUNTED: { readonly [Type in TicketEvent['type']]?: keyof TicketCounts } = {
  'refresh-failed': 'refreshFailed',
  'credentials-rejected': 'rejected',
  'foreign-refresh-suspected': 'foreignRefreshSuspected',
  'store-failed': 'storeFailed',
  'store-restored': 'writtenBack',
  'refresh-conflict': 'suspect',
};

/** Counts what happens to the credentials, for a metrics system. */
export class TicketMetrics {
  readonly #counts = {
    refreshed: 0,
    adopted: 0,
    refreshFailed: 0,
    rejected: 0,
    foreignRefreshSuspected: 0,
    storeFailed: 0,
    writtenBack: 0,
    suspect: 0,
  };

  /** @param name of the account whose credentials are counted, a label for your metrics; undefined if it has none */
  constructor(readonly name?: string) {}

  /** A copy of the counts as they are now. */
  get counts(): TicketCounts {
    return { ...this.#counts };
  }

  /** @internal */
  note(event: TicketEvent): void {
    const adopted = event.type === 'credentials-updated' && (event.source === 'refresh' ? 'refreshed' : 'adopted');
    const counted = adopted || COUNTED[event.type];
    if (counted) this.#counts[counted] += 1;
  }
}

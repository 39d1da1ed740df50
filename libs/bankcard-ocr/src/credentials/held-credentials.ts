import type { Clock } from '../clock.js';
import { dueAt, type HeldGeneration, holdStored, isNewer } from './freshness.js';
import type { TicketEventListener } from './ticket-event.js';
import type { TicketRecord } from './ticket-record.js';
import type { RefreshTimings } from './timings.js';

/** Jitter goes only to the early side: 0.98 to 1.00 of the interval. */
const EARLIEST_JITTER = 0.98;

/** The generation that this process uses, and when it is due. */
export class HeldCredentials {
  #held: HeldGeneration | undefined;
  #dueAt = 0;
  #otherSecret: string | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly timings: RefreshTimings,
    /** Of the app secret of today: credentials made with another one are not used. */
    readonly secretFingerprint: string,
    private readonly emit: TicketEventListener,
  ) {}

  /** The newest generation that this process has seen, also beyond its end. */
  get latest(): HeldGeneration | undefined {
    return this.#held;
  }

  /** The generation to use; undefined when there is none or it has ended. */
  get valid(): HeldGeneration | undefined {
    return this.#held && this.clock.monotonic() < this.#held.endsAt ? this.#held : undefined;
  }

  /** The moment of the monotonic clock at which a refresh is due; now when there is nothing to use. */
  get dueAt(): number {
    return this.valid ? this.#dueAt : this.clock.monotonic();
  }

  /** Use what this process fetched. */
  replace(held: HeldGeneration): void {
    this.#take(held, 'refresh');
  }

  /** Use what is stored, if that is newer than what is held and fit for use. */
  adopt(record: TicketRecord | undefined): void {
    const stored = this.ours(record)?.current;
    if (!stored || (this.#held && !isNewer(stored, this.#held.record))) return;
    const held = holdStored(stored, this.clock);
    if (held) this.#take(held, 'store');
  }

  /** The record, if its credentials were made with the app secret of today. */
  ours(record: TicketRecord | undefined): TicketRecord | undefined {
    if (!record || record.secretFingerprint === this.secretFingerprint) return record;
    if (this.#otherSecret !== record.secretFingerprint) {
      this.#otherSecret = record.secretFingerprint;
      this.emit({ type: 'secret-changed' });
    }
    return undefined;
  }

  #take(held: HeldGeneration, source: 'refresh' | 'store'): void {
    const { intervalMs, overlapMs } = this.timings;
    const jitter = EARLIEST_JITTER + Math.random() * (1 - EARLIEST_JITTER);
    this.#held = held;
    this.#dueAt = dueAt(held, intervalMs, overlapMs, jitter);
    const { generation, generationId } = held.credentials;
    const remainingMs = Math.round(held.endsAt - this.clock.monotonic());
    this.emit({ type: 'generation-adopted', generation, generationId, source, remainingMs });
  }
}

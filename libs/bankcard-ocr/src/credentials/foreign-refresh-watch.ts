import type { Clock } from '../runtime/clock.js';
import type { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { Credentials } from './credentials.js';
import { UNCERTAIN_MS } from './credential-lifetime.js';
import type { CredentialCache } from './credential-cache.js';
import type { ForeignRefreshSuspected, TicketEvent, TicketEventListener } from './ticket-event.js';
import { mayBeTheRequest } from './request-blame.js';

/** A generation that was rejected although it should have lived on and none of ours has replaced it. */
type Rejection = Pick<ForeignRefreshSuspected, 'generation' | 'vendorCode' | 'ageMs' | 'remainingMs'> & {
  readonly generationId: string;
  /** Moment of the monotonic clock. */
  readonly at: number;
  /** The vendor's code says that the credentials are dead; with others it may be the request that is wrong. */
  readonly certain: boolean;
};

/**
 * Notices that another program refreshes the same app id. It is suspected when credentials that should live are rejected,
 * nothing in the store explains it, and new ones help.
 */
export class ForeignRefreshWatch {
  #rejection: Rejection | undefined;
  /** The rejection that the forced refresh that runs is to mend. */
  #beingMended: Rejection | undefined;
  /** A rejection that may have been the request's fault, until a request is accepted with what came instead. */
  #unconfirmed: { readonly rejection: Rejection; readonly nextId: string } | undefined;
  #times = 0;
  #lastReportAt = Number.NEGATIVE_INFINITY;
  #reportedId: string | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
    private readonly held: CredentialCache,
    /** Whether this process refreshes itself; if not, what others fetch after a rejection mends it. */
    private readonly refreshes: boolean,
    private readonly emit: TicketEventListener,
  ) {}

  /** How often a foreign refresh was suspected since the start. */
  get times(): number {
    return this.#times;
  }

  /** A request was rejected with these credentials. */
  rejected(
    { generation, generationId }: Credentials,
    { vendorCode, actor }: Pick<BankCardOcrError, 'vendorCode' | 'actor'>,
  ): void {
    const { valid, isAgeInDoubt, isBeingReplaced, hasStoreLost } = this.held;
    // Once is enough, whatever explains a further one: that our own refresh is under way by then, for example.
    if (this.#rejection?.generationId === generationId) return;
    this.#rejection = undefined;
    // Expired, or replaced by one of ours, or about to be: no wonder.
    if (valid?.credentials.generationId !== generationId || isBeingReplaced) return;
    // It may have ended while the machine was suspended, or by a refresh of ours that the store has forgotten. If a foreign
    // program does refresh, the next generation tells.
    if (isAgeInDoubt || hasStoreLost || valid.record.contested) return;
    const at = this.clock.monotonic();
    const ageMs = Math.round(at - valid.beganAt);
    const remainingMs = Math.round(valid.endsAt - at);
    this.#rejection = {
      generation,
      generationId,
      at,
      vendorCode,
      ageMs,
      remainingMs,
      certain: !mayBeTheRequest(actor),
    };
  }

  /** What happens to the credentials tells whether a forced refresh mends a rejection. */
  observe(event: TicketEvent): void {
    if (event.type === 'refresh-started') {
      this.#beingMended = event.forced && event.reason === 'rejected' ? this.#rejection : undefined;
    } else if (event.type === 'credentials-updated') {
      const rejection = event.source === 'refresh' ? this.#beingMended : this.#mendedByOthers();
      this.#beingMended = undefined;
      this.#rejection = undefined;
      if (rejection?.certain) this.#report(rejection);
      else if (rejection) this.#unconfirmed = { rejection, nextId: event.generationId };
    } else if (event.type === 'refresh-failed') {
      this.#beingMended = undefined;
    }
  }

  /** Credentials were rejected too soon after our last forced refresh for another one. */
  rejectedTooSoon(generationId: string): void {
    if (this.#rejection?.generationId === generationId && this.#rejection.certain) this.#report(this.#rejection);
  }

  /** A request that had been rejected was accepted with these credentials. */
  helped({ generationId }: Credentials): void {
    if (this.#unconfirmed?.nextId === generationId) this.#report(this.#unconfirmed.rejection);
  }

  /** A request was rejected again with these credentials: it is the request. */
  didNotHelp({ generationId }: Credentials): void {
    if (this.#unconfirmed?.nextId === generationId) this.#unconfirmed = undefined;
  }

  #mendedByOthers(): Rejection | undefined {
    const rejection = this.#rejection;
    if (this.refreshes || !rejection) return undefined;
    // What was asked for before the rejection explains it: it is a refresh of ours that this process had missed.
    const beganAt = this.held.latest?.beganAt ?? 0;
    return beganAt > rejection.at - UNCERTAIN_MS ? rejection : undefined;
  }

  #report({ generationId, at: _at, certain: _certain, ...rejection }: Rejection): void {
    this.#unconfirmed = undefined;
    if (this.#reportedId === generationId) return;
    this.#reportedId = generationId;
    this.#times += 1;
    const repeated = this.clock.monotonic() - this.#lastReportAt < this.intervalMs;
    if (!repeated) this.#lastReportAt = this.clock.monotonic();
    this.emit({ type: 'foreign-refresh-suspected', ...rejection, times: this.#times, repeated });
  }
}

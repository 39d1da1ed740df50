import type { Clock } from '../runtime/clock.js';
import type { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { CredentialCache } from './credential-cache.js';
import { UNCERTAIN_MS } from './credential-lifetime.js';
import type { Credentials } from './credentials.js';
import type { ForeignRefreshSuspected, TicketEvent, TicketEventListener } from './ticket-event.js';
import type { RefreshTimings } from './timings.js';

type RejectionError = Pick<BankCardOcrError, 'vendorCode' | 'actor'>;

/** How a request ended that had been rejected before, with other credentials. */
export type RepeatOutcome =
  | { readonly type: 'accepted'; readonly credentials: Credentials }
  | { readonly type: 'rejected-again'; readonly credentials: Credentials; readonly error: RejectionError };

/** Of a generation that should have lived on and that none of ours has replaced. */
type Rejection = Pick<ForeignRefreshSuspected, 'generation' | 'vendorCode' | 'ageMs' | 'remainingMs'> & {
  readonly generationId: string;
  /** Moment of the monotonic clock. */
  readonly at: number;
  /** The vendor's code says that the credentials are dead; with others it may be the request that is wrong. */
  readonly certain: boolean;
};

/**
 * Whose fault a rejection is: the credentials', the request's, or that of another program that refreshes the same app id.
 *
 * The request is at fault when it is rejected with new credentials too: its code starts no refresh of these for one overlap
 * (protocol.md section 6, 400101). A foreign refresher is suspected when credentials that should live are rejected, nothing
 * in the store explains it, and new ones help.
 */
export class RejectionTracker {
  /** The generation that was rejected last, and what is suspicious about that. */
  #rejected: { readonly generationId?: string; readonly rejection?: Rejection | undefined } = {};
  /** The rejection that the forced refresh that runs is to fix. */
  #beingFixed: Rejection | undefined;
  /** A rejection that may have been the request's fault, until a request is accepted with what came instead. */
  #unconfirmed: { readonly rejection: Rejection; readonly nextId: string } | undefined;
  #requestAtFault: { readonly generationId: string; readonly until: number } | undefined;
  #reported = { times: 0, lastAt: Number.NEGATIVE_INFINITY, generationId: '' };

  constructor(
    private readonly clock: Clock,
    private readonly timings: Pick<RefreshTimings, 'intervalMs' | 'overlapMs'>,
    private readonly cache: CredentialCache,
    /** Whether this process refreshes itself; if not, what others fetch after a rejection fixes it. */
    private readonly refreshes: boolean,
    private readonly emit: TicketEventListener,
  ) {}

  get times(): number {
    return this.#reported.times;
  }

  /** @returns whether other credentials may help; false when it is known that the request is at fault */
  rejected(credentials: Credentials, error: RejectionError): boolean {
    const { generation, generationId } = credentials;
    const { vendorCode, actor } = error;
    if (this.#rejected.generationId !== generationId) {
      this.#rejected = { ...this.#rejected, generationId };
      this.emit({ type: 'credentials-rejected', generation, vendorCode });
    }
    const fault = this.#requestAtFault;
    const isKnown = fault?.generationId === generationId && this.clock.monotonic() < fault.until;
    if (isKnown && mayBeTheRequest(actor)) return false;
    // The first one counts: a further one may be explained by our own refresh, which is under way by then.
    if (this.#rejected.rejection?.generationId !== generationId) {
      this.#rejected = { generationId, rejection: this.#suspicion(credentials, error) };
    }
    return true;
  }

  /** Credentials were rejected too soon after our last forced refresh for another one. */
  rejectedTooSoon(generationId: string): void {
    const { rejection } = this.#rejected;
    if (rejection?.generationId === generationId && rejection.certain) this.#report(rejection);
  }

  /** A request that had been rejected was sent once more, with these credentials. */
  report(outcome: RepeatOutcome): void {
    const { generationId } = outcome.credentials;
    const isNext = this.#unconfirmed?.nextId === generationId;
    if (outcome.type === 'accepted') {
      if (isNext && this.#unconfirmed) this.#report(this.#unconfirmed.rejection);
      return;
    }
    if (isNext) this.#unconfirmed = undefined;
    if (mayBeTheRequest(outcome.error.actor)) {
      this.#requestAtFault = { generationId, until: this.clock.monotonic() + this.timings.overlapMs };
    }
  }

  observe(event: TicketEvent): void {
    if (event.type === 'refresh-started') {
      this.#beingFixed = event.forced && event.reason === 'rejected' ? this.#rejected.rejection : undefined;
    } else if (event.type === 'refresh-failed') {
      this.#beingFixed = undefined;
    } else if (event.type === 'credentials-updated') {
      const rejection = event.source === 'refresh' ? this.#beingFixed : this.#fixedByOthers();
      this.#beingFixed = undefined;
      this.#rejected = { ...this.#rejected, rejection: undefined };
      if (rejection?.certain) this.#report(rejection);
      else if (rejection) this.#unconfirmed = { rejection, nextId: event.generationId };
    }
  }

  #suspicion({ generation, generationId }: Credentials, { vendorCode, actor }: RejectionError): Rejection | undefined {
    const { valid, isAgeInDoubt, isBeingReplaced, hasStoreLost } = this.cache;
    // Expired, or replaced by one of ours, or about to be: no wonder.
    if (valid?.credentials.generationId !== generationId || isBeingReplaced) return undefined;
    // It may have ended while the machine was suspended, or by a refresh of ours that the store has forgotten. If a foreign
    // program does refresh, the next generation tells.
    if (isAgeInDoubt || hasStoreLost || valid.record.contested) return undefined;
    const at = this.clock.monotonic();
    const [ageMs, remainingMs] = [Math.round(at - valid.beganAt), Math.round(valid.endsAt - at)];
    return { generation, generationId, at, vendorCode, ageMs, remainingMs, certain: !mayBeTheRequest(actor) };
  }

  #fixedByOthers(): Rejection | undefined {
    const { rejection } = this.#rejected;
    if (this.refreshes || !rejection) return undefined;
    // What was asked for before the rejection explains it: it is a refresh of ours that this process had missed.
    const beganAt = this.cache.latest?.beganAt ?? 0;
    return beganAt > rejection.at - UNCERTAIN_MS ? rejection : undefined;
  }

  #report({ generationId, at: _at, certain: _certain, ...rejection }: Rejection): void {
    this.#unconfirmed = undefined;
    if (this.#reported.generationId === generationId) return;
    const { lastAt } = this.#reported;
    const now = this.clock.monotonic();
    const repeated = now - lastAt < this.timings.intervalMs;
    const times = this.#reported.times + 1;
    this.#reported = { times, generationId, lastAt: repeated ? lastAt : now };
    this.emit({ type: 'foreign-refresh-suspected', ...rejection, times, repeated });
  }
}

/** The codes for dead credentials leave nothing to do but for us; the one that may mean the request, for a developer. */
function mayBeTheRequest(actor: BankCardOcrError['actor']): boolean {
  return actor === 'developer';
}

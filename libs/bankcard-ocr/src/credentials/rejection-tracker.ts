import type { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { CredentialCache } from './credential-cache.js';
import type { CredentialContext } from './credential-context.js';
import { UNCERTAIN_MS } from './credential-lifetime.js';
import type { Credentials } from './credentials.js';
import type { ForeignRefreshSuspected, TicketEvent } from './ticket-event.js';

type RejectionError = Pick<BankCardOcrError, 'vendorCode' | 'actor'>;

interface Suspicion extends Omit<ForeignRefreshSuspected, 'type' | 'times' | 'repeated'> {
  readonly generationId: string;
  readonly at: number;
}

/**
 * Whose fault a rejection is: the request's, when new credentials are rejected too (protocol.md section 6, 400101); a
 * foreign refresher's, when nothing in the store explains the end of live ones, and new ones help.
 */
export class RejectionTracker {
  #rejectedId: string | undefined;
  #suspicion: Suspicion | undefined;
  #beingFixed: Suspicion | undefined;
  /** What such a refresh has replaced, until it is known how the rejected request ends with the new credentials. */
  #fixed: { readonly suspicion: Suspicion; readonly byId: string } | undefined;
  #requestAtFault: { readonly generationId: string; readonly until: number } | undefined;
  #reported = { times: 0, lastAt: Number.NEGATIVE_INFINITY, generationId: '' };

  constructor(
    private readonly context: Pick<CredentialContext, 'clock' | 'timings' | 'role' | 'emit'>,
    private readonly cache: CredentialCache,
  ) {}

  get times(): number {
    return this.#reported.times;
  }

  /** @returns whether other credentials may help; false when it is known that the request is at fault */
  rejected(credentials: Credentials, { vendorCode, actor }: RejectionError): boolean {
    const { clock, emit } = this.context;
    const { generation, generationId } = credentials;
    const isFirst = this.#rejectedId !== generationId;
    if (isFirst) emit({ type: 'credentials-rejected', generation, vendorCode });
    this.#rejectedId = generationId;
    const fault = this.#requestAtFault;
    const isKnown = fault?.generationId === generationId && clock.monotonic() < fault.until;
    if (isKnown && mayBeTheRequest(actor)) return false;
    // The first one counts: a further one may be explained by our own refresh, which is under way by then.
    if (this.#suspicion?.generationId !== generationId) this.#suspicion = this.#suspect(credentials, vendorCode);
    return true;
  }

  /** Credentials were rejected too soon after our last forced refresh for another one. */
  rejectedTooSoon(generationId: string, { actor }: RejectionError): void {
    const suspicion = this.#suspicion;
    if (suspicion?.generationId === generationId && !mayBeTheRequest(actor)) this.#emit(suspicion);
  }

  /** A request that had been rejected was sent once more, with these credentials; `error` if they were rejected too. */
  report({ generationId }: Credentials, error?: RejectionError): void {
    const { clock, timings } = this.context;
    const fixed = this.#fixed?.byId === generationId ? this.#fixed : undefined;
    if (fixed) this.#fixed = undefined;
    if (error && mayBeTheRequest(error.actor)) {
      this.#requestAtFault = { generationId, until: clock.monotonic() + timings.overlapMs };
    } else if (fixed) {
      this.#emit(fixed.suspicion);
    }
  }

  observe(event: TicketEvent): void {
    if (event.type === 'refresh-started') {
      this.#beingFixed = event.forced && event.reason === 'rejected' ? this.#suspicion : undefined;
    } else if (event.type === 'refresh-failed') {
      this.#beingFixed = undefined;
    } else if (event.type === 'credentials-updated') {
      const suspicion = event.source === 'refresh' ? this.#beingFixed : this.#fixedByOthers();
      this.#beingFixed = undefined;
      this.#suspicion = undefined;
      if (suspicion) this.#fixed = { suspicion, byId: event.generationId };
    }
  }

  #suspect({ generation, generationId }: Credentials, vendorCode: string | undefined): Suspicion | undefined {
    const { valid, isEndInDoubt, isBeingReplaced } = this.cache;
    // Expired, or replaced by one of ours, or about to be: no wonder.
    if (valid?.credentials.generationId !== generationId || isBeingReplaced) return undefined;
    // If a foreign program does refresh, the next generation tells.
    if (isEndInDoubt) return undefined;
    const at = this.context.clock.monotonic();
    const [ageMs, remainingMs] = [Math.round(at - valid.beganAt), Math.round(valid.endsAt - at)];
    return { generationId, at, generation, vendorCode, ageMs, remainingMs };
  }

  /** A reader's rejection is fixed by what others fetch. What they had asked for before it is a refresh that it had missed. */
  #fixedByOthers(): Suspicion | undefined {
    if (this.context.role === 'refresher' || !this.#suspicion) return undefined;
    const beganAt = this.cache.latest?.beganAt ?? 0;
    return beganAt > this.#suspicion.at - UNCERTAIN_MS ? this.#suspicion : undefined;
  }

  #emit({ generationId, at: _at, ...event }: Suspicion): void {
    if (this.#reported.generationId === generationId) return;
    const { clock, timings, emit } = this.context;
    const { lastAt } = this.#reported;
    const now = clock.monotonic();
    const repeated = now - lastAt < timings.intervalMs;
    const times = this.#reported.times + 1;
    this.#reported = { times, generationId, lastAt: repeated ? lastAt : now };
    emit({ type: 'foreign-refresh-suspected', ...event, times, repeated });
  }
}

/** The codes for dead credentials leave nothing to do but for us; the one that may mean the request, for a developer. */
function mayBeTheRequest(actor: BankCardOcrError['actor']): boolean {
  return actor === 'developer';
}

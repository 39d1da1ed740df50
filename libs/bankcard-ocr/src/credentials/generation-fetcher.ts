import { BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { IssuedCredential } from '../vendor/auth.client.js';
import { isOutcomeUncertain, TransportError } from '../vendor/http/transport-error.js';
import { ageMs, dateOf, hold, isAlive, isEnded, isUnfinished } from './freshness.js';
import { RefreshRecord } from './refresh-record.js';
import type { RefreshDependencies, RefreshRequest } from './refresh-request.js';
import type { TicketLease } from './store/ticket-store.js';
import { numberAfter, type PendingToken, type TicketRecord } from './ticket-record.js';

/** Whether the vendor has responded, and what it gave could not be read, or not to its end. */
function isUnreadableResponse(error: unknown): error is BankCardOcrError {
  if (error instanceof TransportError && error.wasCarriedOut) return true;
  const isUnreadable =
    isBankCardOcrError(error) && (error.code === 'RESPONSE_MALFORMED' || error.code === 'RESPONSE_TOO_LARGE');
  return isUnreadable && isOutcomeUncertain(error);
}

/**
 * The vendor has given a token, and we cannot read it. Asking again at once would give another one that cannot be read, and
 * each ends what other processes hold: nobody asks for one overlap.
 */
function unreadableToken(error: BankCardOcrError, overlapMs: number): BankCardOcrError {
  const { code, message, messageZh, actor, vendorCode, vendorMessage, bizSeqNo } = error;
  const details = { message, messageZh, actor, vendorCode, vendorMessage, bizSeqNo, cause: error };
  return new BankCardOcrError(code, { ...details, retryable: false, retryAfterMs: overlapMs });
}

/**
 * Talks to the vendor for the one who holds the lease: the token, then at once its ticket, each stored the moment it
 * arrives (protocol.md section 5).
 */
export class CredentialFetcher {
  /** The token that this process was given last and has no ticket for, in case the store has not got it. */
  #pending: PendingToken | undefined;
  /** The generation that was held when the answer of a token request was lost: it may be dying. */
  #suspectId: string | undefined;
  /** A request whose answer was given up may still be carried out, and would end what comes next. */
  #isContested = false;

  constructor(private readonly dependencies: RefreshDependencies) {}

  /**
   * Fetch a generation, store it, and use it; finish what somebody began, if there is such a thing.
   *
   * @param record what is stored, read under the lease
   * @throws {@link RefreshCooldownError}, and whatever the vendor or the store throws
   */
  async fetch(record: TicketRecord | undefined, lease: TicketLease, request: RefreshRequest): Promise<void> {
    const { held, spacing, emit } = this.dependencies;
    const ours = held.ours(record);
    const waiting = this.#waitingToken(record, ours);
    // Finishing what was begun ends nothing that has not been ended already, so it is never too soon.
    const isBegun = isUnfinished(ours) || this.hasBegun(record);
    const forced = (request.reason === 'rejected' || request.reason === 'requested') && !isBegun;
    if (forced) spacing.check(ours);
    emit({ type: 'refresh-started', reason: request.reason, attempt: request.attempt, forced });
    const stored = new RefreshRecord(this.dependencies, lease, record);
    // What the vendor is asked must be over before anybody else may take the lease.
    const call = { ...request, signal: AbortSignal.any([request.signal, lease.signal]) };
    this.#isContested ||= isBegun;
    if (waiting && !(await this.#isRefused(waiting, stored, call))) return;
    const { pending, sentAt } = await this.#fetchToken(stored, forced, call);
    await this.#fetchTicket(pending, sentAt, stored, call);
  }

  /**
   * Whether this process has begun what nobody has finished: it remembers, also when the store has lost the mark or the
   * token that told the others.
   */
  hasBegun(record: TicketRecord | undefined): boolean {
    const { held } = this.dependencies;
    const isSuspect = this.#suspectId !== undefined && this.#suspectId === held.latest?.record.id;
    return isSuspect || this.#waitingToken(record, held.ours(record)) !== undefined;
  }

  /** A token for which a ticket is still to come: one that is stored, or ours that the store could not take. */
  #waitingToken(record: TicketRecord | undefined, ours: TicketRecord | undefined): PendingToken | undefined {
    const { clock } = this.dependencies;
    if (ours?.pending)
      return isAlive(ours.pending, clock) && !isEnded(ours.pending, ours.current) ? ours.pending : undefined;
    const pending = this.#pending;
    if (!pending || (record && !ours) || !isAlive(pending, clock)) return undefined;
    // Somebody has asked for another one since, and so ended it.
    const isForeignMark = ours?.unanswered !== undefined && ours.unanswered.by !== pending.refreshId;
    const isOutdated = ours?.current !== undefined && ours.current.number >= pending.number;
    return isForeignMark || isOutdated ? undefined : pending;
  }

  /** Try to finish with a token that somebody left; a new one is asked for only when the vendor refuses it. */
  async #isRefused(waiting: PendingToken, stored: RefreshRecord, request: RefreshRequest): Promise<boolean> {
    const { clock, timings, emit } = this.dependencies;
    const ageOfTokenMs = ageMs(waiting.tokenRequestedAtMs, clock) ?? Infinity;
    try {
      await this.#fetchTicket(waiting, clock.monotonic() - ageOfTokenMs, stored, request);
      return false;
    } catch (error) {
      if (!isBankCardOcrError(error) || error.vendorCode === undefined) throw error;
      // Within the overlap it is the ticket that is asked for again, and never another token (protocol.md section 5). Beyond
      // it a new token can end nothing that still works, so any refusal will do.
      const isFinal = error.code === 'CREDENTIALS_REJECTED' || !error.retryable;
      if (ageOfTokenMs < timings.overlapMs || !isFinal) throw error;
      this.#pending = undefined;
      emit({ type: 'pending-token-refused', generation: waiting.number, vendorCode: error.vendorCode });
      return true;
    }
  }

  async #fetchToken(
    stored: RefreshRecord,
    forced: boolean,
    { attempt, signal }: RefreshRequest,
  ): Promise<{ pending: PendingToken; sentAt: number }> {
    const { auth, clock, held, spacing, timings, emit, random } = this.dependencies;
    const number = numberAfter(stored.highestNumber);
    try {
      await stored.markAsked(forced ? spacing.begin() : undefined);
      stored.throwIfLeaseLost();
    } catch (error) {
      if (forced) spacing.takeBack();
      throw error;
    }
    let token: IssuedCredential;
    try {
      token = await auth.accessToken(attempt, signal);
    } catch (thrown) {
      const isUnreadable = isUnreadableResponse(thrown);
      const error = isUnreadable ? unreadableToken(thrown, timings.overlapMs) : thrown;
      if (isUnreadable || isOutcomeUncertain(error)) {
        this.#isContested = true;
        this.#suspectId = held.latest?.record.id;
        emit({ type: 'token-request-in-doubt', generation: number });
        await stored.markSuspect();
      } else {
        if (forced) spacing.takeBack();
        await stored.unmark();
      }
      throw error;
    }
    const pending: PendingToken = {
      number,
      id: random.id(),
      refreshId: stored.id,
      accessToken: token.value,
      tokenRequestedAtMs: dateOf(token.sentAt, clock),
      tokenLifeMs: Math.max(token.lifeMs, timings.overlapMs),
    };
    this.#pending = pending;
    emit({ type: 'token-pending', generation: number });
    await stored.keep({ pending });
    return { pending, sentAt: token.sentAt.monotonicMs };
  }

  /** @param tokenSentAt when the token was asked for, on the monotonic clock */
  async #fetchTicket(
    pending: PendingToken,
    tokenSentAt: number,
    stored: RefreshRecord,
    { attempt, signal }: RefreshRequest,
  ): Promise<void> {
    const { auth, clock, held, spacing, timings, random } = this.dependencies;
    stored.throwIfLeaseLost();
    const ticket = await auth
      .signTicket(pending.accessToken, pending.number, attempt, signal)
      .catch((error: unknown) => {
        this.#isContested ||= isOutcomeUncertain(error);
        throw error;
      });
    const current = {
      ...pending,
      // Another process may have put a generation of its own back meanwhile.
      number: Math.max(pending.number, numberAfter(stored.highestGeneration)),
      // Of its own for each ticket: a second ticket of the same token is another generation for those who hold the first.
      id: random.id(),
      signTicket: ticket.value,
      tokenRequestedAtMs: dateOf({ epochMs: pending.tokenRequestedAtMs, monotonicMs: tokenSentAt }, clock),
      ticketRequestedAtMs: dateOf(ticket.sentAt, clock),
      ticketLifeMs: Math.max(ticket.lifeMs, timings.overlapMs),
      ...(this.#isContested && { contested: true }),
    };
    this.#pending = undefined;
    this.#isContested = false;
    // To be used at once, also when it cannot be written: the previous one is dying.
    const { monotonicMs, epochMs } = ticket.sentAt;
    const behindWallMs = Math.min(pending.tokenRequestedAtMs - tokenSentAt, epochMs - monotonicMs);
    held.replace(hold(current, tokenSentAt, monotonicMs, behindWallMs));
    const earlier = held.earlierForRecord;
    const finished = { pending: undefined, failed: undefined, rejectedId: undefined, writtenBackAtMs: undefined };
    await stored.keep({ current, earlier, ...finished, forcedAtMs: spacing.latest(stored.ours) });
  }
}

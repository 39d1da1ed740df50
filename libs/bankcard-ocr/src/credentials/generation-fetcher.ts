import { randomUUID } from 'node:crypto';
import { isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { IssuedCredential } from '../upstream/auth.client.js';
import { mayHaveBeenCarriedOut } from '../upstream/may-have-been-carried-out.js';
import { ageMs, hold, isAlive, isUnfinished } from './freshness.js';
import { RefreshRecord } from './refresh-record.js';
import type { RefreshDependencies, RefreshRequest } from './refresh-request.js';
import type { TicketLease } from './store/ticket-store.js';
import { numberAfter, type PendingToken, type TicketRecord } from './ticket-record.js';

/**
 * Talks to the vendor for the one who holds the lease: the token, then at once its ticket, each stored the moment it
 * arrives (protocol.md section 5).
 */
export class GenerationFetcher {
  constructor(private readonly dependencies: RefreshDependencies) {}

  /**
   * Fetch a generation, store it, and use it; finish what somebody began, if there is such a thing.
   *
   * @param record what is stored, read under the lease
   * @throws {@link RefreshTooSoon}, and whatever the vendor or the store throws
   */
  async fetch(record: TicketRecord | undefined, lease: TicketLease, request: RefreshRequest): Promise<void> {
    const { held, clock, spacing, emit } = this.dependencies;
    const ours = held.ours(record);
    // Finishing what was begun ends nothing that has not been ended already, so it is never too soon.
    const forced = (request.reason === 'rejected' || request.reason === 'requested') && !isUnfinished(ours);
    if (forced) spacing.check(ours);
    emit({ type: 'refresh-started', reason: request.reason, attempt: request.attempt, forced });
    const stored = new RefreshRecord(this.dependencies, lease, record);
    // What the vendor is asked must be over before anybody else may take the lease.
    const call = { ...request, signal: AbortSignal.any([request.signal, lease.signal]) };
    const waiting = ours?.pending;
    if (waiting && isAlive(waiting, clock) && !(await this.#isRefused(waiting, stored, call))) return;
    const { pending, sentAt } = await this.#fetchToken(stored, forced, call);
    await this.#fetchTicket(pending, sentAt, stored, call);
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
      // Beyond the overlap a new token can end nothing that still works, so any refusal will do.
      const overlapIsOver = ageOfTokenMs >= timings.overlapMs;
      if (error.code !== 'CREDENTIALS_REJECTED' && !(overlapIsOver && !error.retryable)) throw error;
      emit({ type: 'pending-token-refused', generation: waiting.number, vendorCode: error.vendorCode });
      return true;
    }
  }

  async #fetchToken(
    stored: RefreshRecord,
    forced: boolean,
    { attempt, signal }: RefreshRequest,
  ): Promise<{ pending: PendingToken; sentAt: number }> {
    const { auth, spacing, emit } = this.dependencies;
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
    } catch (error) {
      if (mayHaveBeenCarriedOut(error)) {
        emit({ type: 'token-answer-lost', generation: number });
        await stored.markSuspect();
      } else {
        if (forced) spacing.takeBack();
        await stored.unmark();
      }
      throw error;
    }
    const pending: PendingToken = {
      number,
      id: randomUUID(),
      refreshId: stored.id,
      accessToken: token.value,
      tokenRequestedAtMs: token.sentAt.epochMs,
      tokenLifeMs: token.lifeMs,
    };
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
    const { auth, held, spacing, clock } = this.dependencies;
    stored.throwIfLeaseLost();
    const ticket = await auth.signTicket(pending.accessToken, pending.number, attempt, signal);
    const current = {
      ...pending,
      // Of its own for each ticket: a second ticket of the same token is another generation for those who hold the first.
      id: randomUUID(),
      signTicket: ticket.value,
      ticketRequestedAtMs: ticket.sentAt.epochMs,
      ticketLifeMs: ticket.lifeMs,
    };
    // To be used at once, also when it cannot be written: the previous one is dying.
    held.replace(hold(current, tokenSentAt, ticket.sentAt.monotonicMs, clock));
    const earlier = held.earlierForRecord;
    const finished = { pending: undefined, failed: undefined, rejectedId: undefined, writtenBackAtMs: undefined };
    await stored.keep({ current, earlier, ...finished, forcedAtMs: spacing.latest(stored.ours) });
  }
}

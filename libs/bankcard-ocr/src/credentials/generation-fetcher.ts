import { randomUUID } from 'node:crypto';
import { isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { IssuedCredential } from '../upstream/auth.client.js';
import { TransportFault } from '../upstream/transport-fault.js';
import { ageMs, hold, isAlive, isUnfinished } from './freshness.js';
import type { RefreshDependencies, RefreshRequest } from './refresh-request.js';
import { RefreshTooSoon } from './refresh-too-soon.js';
import type { PendingToken, TicketRecord } from './ticket-record.js';
import { FencedOff, type RecordChange } from './ticket-records.js';

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
   */
  async fetch(record: TicketRecord | undefined, request: RefreshRequest): Promise<void> {
    const { held, clock, emit } = this.dependencies;
    const ours = held.ours(record);
    // Finishing what was begun ends nothing that has not been ended already, so it is never too soon.
    const forced = (request.reason === 'rejected' || request.reason === 'requested') && !isUnfinished(ours);
    if (forced) this.#checkSpacing(ours);
    emit({ type: 'refresh-started', reason: request.reason, attempt: request.attempt });
    const waiting = ours?.pending;
    if (waiting && isAlive(waiting, clock) && !(await this.#isRefused(waiting, record, request))) return;
    const { pending, sentAt, written } = await this.#fetchToken(record, forced, request);
    await this.#fetchTicket(pending, sentAt, written, request);
  }

  #checkSpacing(record: TicketRecord | undefined): void {
    const { clock, timings } = this.dependencies;
    const age = record?.forcedAtMs === undefined ? undefined : ageMs(record.forcedAtMs, clock);
    if (age !== undefined && age < timings.overlapMs) throw new RefreshTooSoon(timings.overlapMs - age);
  }

  /** Try to finish with a token that somebody left; a new one is asked for only when the vendor refuses it. */
  async #isRefused(waiting: PendingToken, record: TicketRecord | undefined, request: RefreshRequest): Promise<boolean> {
    const { clock, timings, emit } = this.dependencies;
    const ageOfTokenMs = ageMs(waiting.tokenRequestedAtMs, clock) ?? Infinity;
    try {
      await this.#fetchTicket(waiting, clock.monotonic() - ageOfTokenMs, record, request);
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
    record: TicketRecord | undefined,
    forced: boolean,
    { attempt, signal }: RefreshRequest,
  ): Promise<{ pending: PendingToken; sentAt: number; written: TicketRecord }> {
    const { held, auth, records, clock, emit } = this.dependencies;
    const ours = held.ours(record);
    const { unansweredSinceMs, forcedAtMs } = ours ?? {};
    const numbers = [record?.current?.number, record?.pending?.number, held.latest?.record.number];
    const number = Math.max(...numbers.map((used) => used ?? 0)) + 1;
    // Written before the request: should this process die now, its successor knows what the vendor may have done. But
    // what was made with another secret is only written over once the vendor has accepted ours.
    const mark = { unansweredSinceMs: unansweredSinceMs ?? clock.now(), forcedAtMs: forced ? clock.now() : forcedAtMs };
    const marked = record && !ours ? record : await records.write(record, { pending: undefined, ...mark });
    let token: IssuedCredential;
    try {
      token = await auth.accessToken(attempt, signal);
    } catch (error) {
      if (mayHaveBeenCarriedOut(error)) emit({ type: 'token-answer-lost', generation: number });
      // A mark that stays by mistake costs a refresh that comes too early, nothing else.
      else if (marked !== record) await records.write(marked, { unansweredSinceMs, forcedAtMs }).catch(() => undefined);
      throw error;
    }
    const pending: PendingToken = {
      number,
      id: randomUUID(),
      accessToken: token.value,
      tokenRequestedAtMs: token.sentAt.epochMs,
      tokenLifeMs: token.lifeMs,
    };
    emit({ type: 'token-pending', generation: number });
    const written = await this.#keep(marked, { pending, unansweredSinceMs: undefined });
    return { pending, sentAt: token.sentAt.monotonicMs, written };
  }

  /** @param tokenSentAt when the token was asked for, on the monotonic clock */
  async #fetchTicket(
    pending: PendingToken,
    tokenSentAt: number,
    record: TicketRecord | undefined,
    { attempt, signal }: RefreshRequest,
  ): Promise<void> {
    const { auth, held } = this.dependencies;
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
    held.replace(hold(current, tokenSentAt, ticket.sentAt.monotonicMs));
    await this.#keep(record, { current, pending: undefined, unansweredSinceMs: undefined, failed: undefined });
  }

  /** Write what the vendor gave; a store that fails now must not cost what was given. */
  async #keep(expected: TicketRecord | undefined, change: RecordChange): Promise<TicketRecord> {
    const { records, held, clock } = this.dependencies;
    try {
      return await records.write(expected, change);
    } catch (error) {
      if (!(error instanceof FencedOff)) {
        if (expected) return expected;
        throw error;
      }
      // Our token and that of whoever took over end each other: the mark makes one more refresh follow.
      const latest = await records.read();
      await records.write(latest, { unansweredSinceMs: held.ours(latest)?.unansweredSinceMs ?? clock.now() });
      throw error;
    }
  }
}

function mayHaveBeenCarriedOut(error: unknown): boolean {
  if (error instanceof TransportFault) return error.maybeCarriedOut;
  // Only a refusal in the vendor's own words says no: not a success that cannot be read, not a fault or time-out inside
  // the vendor, not an application that closes.
  if (!isBankCardOcrError(error) || error.vendorCode === undefined) return true;
  return error.code === 'ANSWER_MALFORMED' || error.code === 'VENDOR_FAULT';
}

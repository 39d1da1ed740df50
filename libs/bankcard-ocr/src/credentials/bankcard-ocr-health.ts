import type { BankCardOcrErrorCode } from '../errors/error-codes.js';
import type { TicketService, TicketStatus } from './ticket.service.js';

/** What {@link BankCardOcrHealth.check} says of an account; nothing in it is secret. */
export interface BankCardOcrHealthResult {
  readonly status: 'up' | 'down';
  /** As in {@link TicketStatus}; `unknown` when a test has replaced the `TicketService` by something that does not tell. */
  readonly state: TicketStatus['state'] | 'unknown';
  /** Seconds since the access token was requested, while there are valid credentials. */
  readonly ageSeconds?: number;
  /** Whether the last operations of the ticket store succeeded. */
  readonly store: 'ok' | 'failing' | 'unknown';
  /** Why the last refresh failed; missing after a success. */
  readonly lastFailure?: BankCardOcrErrorCode;
}

/**
 * The health of one account for a readiness probe, e.g. with `@nestjs/terminus`, which takes what {@link check} returns.
 * A check reads memory only: it never calls Tencent, never reads the store, never refreshes and never throws.
 */
export class BankCardOcrHealth {
  constructor(private readonly tickets: TicketService) {}

  /**
   * Report whether this process can serve.
   *
   * `down` only in two cases: this process has never had credentials, or it has no valid ones and its ticket store fails. An
   * outage of Tencent is `up`, with the facts: it concerns all instances at once, and removing them would not help.
   *
   * @param key under which the result is returned
   * @example
   * this.terminus.check([() => this.bankCards.check('bankcard-ocr')]);
   * // { 'bankcard-ocr': { status: 'up', state: 'fresh', ageSeconds: 312, store: 'ok' } }
   */
  check<const Key extends string>(key: Key): Record<Key, BankCardOcrHealthResult> {
    return { [key]: healthOf(this.#status()) } as Record<Key, BankCardOcrHealthResult>;
  }

  /** An overridden `TicketService` may know `getCredentials()` only. */
  #status(): TicketStatus | undefined {
    try {
      const status: unknown = this.tickets.status();
      return typeof status === 'object' && status !== null && 'everObtained' in status
        ? (status as TicketStatus)
        : undefined;
    } catch {
      return undefined;
    }
  }
}

/** The decision of {@link BankCardOcrHealth}, from what is known. */
export function healthOf(status: TicketStatus | undefined): BankCardOcrHealthResult {
  if (!status) return { status: 'up', state: 'unknown', store: 'unknown' };
  const { state, everObtained, ageMs, failure, store } = status;
  const isUp = everObtained && (state !== 'none' || !store.failing);
  return {
    status: isUp ? 'up' : 'down',
    state,
    ...(ageMs !== undefined && { ageSeconds: Math.round(ageMs / 1_000) }),
    store: store.failing ? 'failing' : 'ok',
    ...(failure && { lastFailure: failure.code }),
  };
}

import type { BankCardOcrErrorCode } from '../errors/error-codes.js';
import type { TicketService, TicketStatus } from './ticket.service.js';

/** What {@link BankCardOcrHealth.check} says of an account; nothing in it is secret. */
export interface BankCardOcrHealthResult {
  readonly status: 'up' | 'down';
  /** As in {@link TicketStatus}; `unknown` when a test has replaced the `TicketService` by something that does not tell. */
  readonly state: TicketStatus['state'] | 'unknown';
  /** Seconds since the access token was requested, while there are valid credentials. */
  readonly ageSeconds?: number;
  readonly store: 'ok' | 'failing' | 'unknown';
  /** Why the last refresh failed; missing after a success. */
  readonly lastFailure?: BankCardOcrErrorCode;
}

/** For a readiness probe (`@nestjs/terminus`). It reads memory only: never calls Tencent, refreshes or throws. */
export class BankCardOcrHealth {
  constructor(private readonly tickets: TicketService) {}

  /**
   * `down` before the first credentials, and when none are valid while the ticket store fails; an outage of Tencent is
   * `up`.
   * @param key under which the result is returned
   * @example
   * this.terminus.check([() => this.bankCards.check('bankcard-ocr')]);
   */
  check<const Key extends string>(key: Key): Record<Key, BankCardOcrHealthResult> {
    return { [key]: this.#result() } as Record<Key, BankCardOcrHealthResult>;
  }

  #result(): BankCardOcrHealthResult {
    try {
      const { state, everObtained, ageMs, failure, store } = this.tickets.status();
      const isUp = everObtained && (state !== 'none' || !store.failing);
      return {
        status: isUp ? 'up' : 'down',
        state,
        ...(ageMs !== undefined && { ageSeconds: Math.round(ageMs / 1_000) }),
        store: store.failing ? 'failing' : 'ok',
        ...(failure && { lastFailure: failure.code }),
      };
    } catch {
      return { status: 'up', state: 'unknown', store: 'unknown' };
    }
  }
}

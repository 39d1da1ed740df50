import type { ClockTimer } from '../clock.js';
import { TicketStore } from '../credentials/store/ticket-store.js';
import { BankCardOcrConfigurationError, type ConfigurationFault } from '../errors/configuration-error.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { BankCardOcrClient } from './bank-card-ocr-client.js';

/** An account that has a client, or is about to have one. */
export interface Account {
  readonly id: string;
  readonly client: Promise<BankCardOcrClient>;
  /** Known when its options are. */
  resolved?: ResolvedOptions;
  /** Closes the client when the calls that are under way have ended; set when the account had to make room. */
  closing?: ClockTimer;
}

/**
 * Refuse the options of an account that would get in the way of another one.
 *
 * @throws {@link BankCardOcrConfigurationError}
 */
export function refuseConflict(resolved: ResolvedOptions, others: readonly (ResolvedOptions | undefined)[]): void {
  const known = others.filter((other) => other !== undefined);
  if (known.some(({ appId }) => appId === resolved.appId)) {
    throw refusal({
      option: 'appId',
      fix: "is that of another account, and the two would end each other's tickets: use one account id for both",
    });
  }
  const { ticketStore } = resolved;
  if (ticketStore instanceof TicketStore && known.some((other) => other.ticketStore === ticketStore)) {
    throw refusal({
      option: 'ticketStore',
      fix: 'is one object for two accounts, but holds the credentials of one: make one for each, or name a place',
    });
  }
}

function refusal(fault: ConfigurationFault): BankCardOcrConfigurationError {
  return new BankCardOcrConfigurationError([fault]);
}

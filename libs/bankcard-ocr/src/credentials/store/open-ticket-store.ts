import { isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { BankCardOcrConfigurationError } from '../../errors/configuration-error.js';
import { FileTicketStore } from './file-ticket.store.js';
import type { StoreAccess, TicketStore } from './ticket-store.js';

/**
 * Prepare a store for the access that a process needs.
 *
 * @param isOurs whether the library has made it, and so closes it again when it cannot be used
 * @throws {@link BankCardOcrConfigurationError} when it refuses that: the start is refused
 */
export async function openTicketStore(store: TicketStore, access: StoreAccess, isOurs: boolean): Promise<TicketStore> {
  try {
    await store.open(access);
    return store;
  } catch (error) {
    if (isOurs) await store.close();
    throw isBankCardOcrError(error) && error.code === 'CONFIGURATION' ? error : refusal(store, error);
  }
}

function refusal(store: TicketStore, error: unknown): BankCardOcrConfigurationError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown fault';
  const advice =
    store instanceof FileTicketStore
      ? 'name a directory on a local disk that the user of this process may write to, and whose file system knows hard links'
      : 'its open() has failed, see the cause';
  const fix = `${store.description} cannot be used (${code}): ${advice}`;
  return new BankCardOcrConfigurationError(
    [{ option: 'ticketStore', variable: 'BANKCARD_OCR_TICKET_STORE', fix }],
    error,
  );
}

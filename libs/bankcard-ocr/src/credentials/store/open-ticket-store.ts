import { BankCardOcrConfigurationError } from '../../errors/configuration-error.js';
import type { StoreAccess, TicketStore } from './ticket-store.js';

/**
 * Prepare a store for the access that a process needs.
 *
 * @throws {@link BankCardOcrConfigurationError} when it refuses that: the start is refused
 */
export async function openTicketStore(store: TicketStore, access: StoreAccess): Promise<TicketStore> {
  try {
    await store.open(access);
  } catch (error) {
    if (error instanceof BankCardOcrConfigurationError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown fault';
    throw new BankCardOcrConfigurationError(
      [
        {
          option: 'ticketStore',
          variable: 'BANKCARD_OCR_TICKET_STORE',
          fix:
            `${store.description} cannot be used (${code}): name a directory on a local disk that the user of this ` +
            'process may write to, and whose file system knows hard links',
        },
      ],
      error,
    );
  }
  return store;
}

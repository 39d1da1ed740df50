import { BankCardOcrConfigurationError } from '../../errors/configuration-error.js';
import type { TicketStoreLocation } from '../../options/ticket-store-location.js';
import { FileTicketStore } from './file-ticket.store.js';
import { MemoryTicketStore } from './memory-ticket.store.js';
import { TicketStore } from './ticket-store.js';

/**
 * Make and open the store that the option `ticketStore` names.
 *
 * @throws {@link BankCardOcrConfigurationError} when it cannot be written: the start is refused
 */
export async function openTicketStore(
  location: TicketStoreLocation | TicketStore,
  appId: string,
  onDamaged: (path: string) => void,
): Promise<TicketStore> {
  const store = location instanceof TicketStore ? location : create(location, appId, onDamaged);
  try {
    await store.open();
  } catch (error) {
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

function create(location: TicketStoreLocation, appId: string, onDamaged: (path: string) => void): TicketStore {
  if (location.kind === 'memory') return new MemoryTicketStore();
  return new FileTicketStore({ directory: location.directory, appId, onDamaged });
}

import { MemoryTicketStore } from './memory-ticket.store.js';
import { ticketStoreContract } from './ticket-store.contract.js';

ticketStoreContract('memory', async () => {
  const shared = new MemoryTicketStore();
  return async () => shared;
});

import { MemoryTicketStore } from './memory-ticket.store.js';
import { describeTicketStore } from './ticket-store.contract.test-support.js';

describeTicketStore('memory', async () => {
  const shared = new MemoryTicketStore();
  return async () => shared;
});

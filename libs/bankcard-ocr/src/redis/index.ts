export type { RedisClient } from './redis-commands.js';
export { RedisTicketStore, type RedisTicketStoreOptions } from './redis-ticket.store.js';

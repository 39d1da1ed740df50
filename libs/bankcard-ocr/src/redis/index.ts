export type { RedisClient } from './redis-commands.js';
export type { RedisTicketStoreOptions } from './redis-ticket.store.js';
export { RedisTicketStore } from './redis-url-ticket.store.js';

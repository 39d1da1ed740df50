export type { RedisClient } from './redis-client.js';
export type { RedisTicketStoreOptions } from './redis-ticket.store.js';
export { RedisTicketStore } from './redis-url-ticket.store.js';

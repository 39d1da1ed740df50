export type { RedisClient } from './redis-client.js';
export { RedisTicketStore } from './redis-url-ticket.store.js';

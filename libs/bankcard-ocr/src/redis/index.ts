import { Redis } from 'ioredis';
import { RedisTicketStore as StoreOverClient, type RedisTicketStoreOptions } from './redis-ticket.store.js';
import { createRedisClient } from './redis-url.js';

export type { RedisClient } from './redis-client.js';

/** Credentials in Redis 5 or newer (docs/ticket-record.md). Timestamps are by its clock: all agree about every age. */
export class RedisTicketStore extends StoreOverClient {
  /** Its own client ends with the store. @param url `redis://user:password@host:6379/0`, or `rediss://` for TLS */
  static fromUrl(url: string, options: Omit<RedisTicketStoreOptions, 'client'>): RedisTicketStore {
    const client = createRedisClient(url, Redis);
    return new RedisTicketStore({ ...options, client }, true);
  }
}

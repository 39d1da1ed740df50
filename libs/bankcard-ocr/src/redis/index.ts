import { Redis } from 'ioredis';
import { RedisTicketStore as StoreOverClient, type RedisTicketStoreOptions } from './redis-ticket.store.js';
import { createRedisClient } from './redis-url.js';

export type { RedisClient } from './redis-client.js';

/**
 * Keeps the credentials in Redis 5 or newer, shared by any number of machines (docs/ticket-record.md). Timestamps are by the
 * clock of Redis, so that processes whose clocks differ agree about every age; on the way they only become earlier.
 */
export class RedisTicketStore extends StoreOverClient {
  /**
   * Make a store with a client of its own, which ends with the store.
   * @param url `redis://user:password@host:6379/0`, or `rediss://` for TLS, always verified
   */
  static fromUrl(url: string, options: Omit<RedisTicketStoreOptions, 'client'>): RedisTicketStore {
    const client = createRedisClient(url, Redis);
    return new RedisTicketStore({ ...options, client }, true);
  }
}

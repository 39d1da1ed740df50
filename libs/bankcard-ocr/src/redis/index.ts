import { Redis } from 'ioredis';
import { RedisTicketStore as StoreOverClient, type RedisTicketStoreOptions } from './redis-ticket.store.js';
import { createRedisClient } from './redis-url.js';

export type { RedisClient } from './redis-client.js';

/**
 * Keeps the credentials in Redis 5 or newer, shared by any number of machines. What it writes and how others may read it:
 * docs/ticket-record.md.
 *
 * Timestamps are kept by the clock of Redis, so that processes whose clocks are hours apart agree about every age. On the
 * way they only ever become earlier: credentials are never used beyond their lifetime.
 */
export class RedisTicketStore extends StoreOverClient {
  /**
   * Make a store with a client of its own, which ends with the store.
   *
   * @param url `redis://user:password@host:6379/0`, or `rediss://` for TLS, always verified
   */
  static fromUrl(url: string, options: Omit<RedisTicketStoreOptions, 'client'>): RedisTicketStore {
    const client = createRedisClient(url, Redis);
    return new RedisTicketStore({ ...options, client }, true);
  }
}

import { Redis } from 'ioredis';
import { RedisTicketStore as StoreOverClient, type RedisTicketStoreOptions } from './redis-ticket.store.js';
import { createRedisClient } from './redis-url.js';

/**
 * Keeps the credentials in Redis, shared by any number of machines. What it writes and how others may read it:
 * docs/fleet.md. Redis 5 or newer.
 *
 * Moments are kept by the clock of Redis, so that processes whose own clocks are hours apart agree about every age. On the
 * way they are only ever taken for earlier than they were: credentials are never used beyond their life.
 */
export class RedisTicketStore extends StoreOverClient {
  /**
   * Make a store with a client of its own, which ends with the store.
   *
   * @param url `redis://user:password@host:6379/0`, or `rediss://` for TLS, always verified
   */
  static fromUrl(url: string, options: Omit<RedisTicketStoreOptions, 'client'>): RedisTicketStore {
    const client = createRedisClient(url, Redis);
    return new RedisTicketStore({ ...options, client }, client);
  }
}

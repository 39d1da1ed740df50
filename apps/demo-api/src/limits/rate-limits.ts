import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

/** Every limit of this API counts by the minute. */
export const RATE_PERIOD_MS = 60_000;

type Limiter = RateLimiterMemory | RateLimiterRedis;

/**
 * Counts requests for @nestjs/throttler: in Redis for several instances, else in memory. While Redis is down every instance
 * counts for itself, and a client that is over its limit costs no command of Redis.
 *
 * rate-limiter-flexible, because @nest-lab/throttler-storage-redis 1.2 does not accept Nest 12 and fails while Redis is down.
 */
@Injectable()
export class RateLimits implements ThrottlerStorage {
  readonly #limiters = new Map<string, Limiter>();

  constructor(private readonly redis: Redis | null) {}

  async increment(
    key: string,
    ttl: number,
    limit: number,
    _blockDuration: number,
    throttlerName: string,
  ): ReturnType<ThrottlerStorage['increment']> {
    const counted = await count(this.#limiter(throttlerName, ttl, limit), key);
    const seconds = Math.max(1, Math.ceil(counted.msBeforeNext / 1_000));
    const isBlocked = counted.isRefused;
    return {
      totalHits: isBlocked ? limit + 1 : counted.consumedPoints,
      timeToExpire: seconds,
      isBlocked,
      timeToBlockExpire: isBlocked ? seconds : 0,
    };
  }

  #limiter(name: string, ttl: number, limit: number): Limiter {
    const id = `${name} ${ttl} ${limit}`;
    let limiter = this.#limiters.get(id);
    if (!limiter) {
      const settings = { keyPrefix: `demo-api:rate:${name}`, points: limit, duration: ttl / 1_000 };
      const alone = new RateLimiterMemory(settings);
      limiter = this.redis
        ? new RateLimiterRedis({
            ...settings,
            storeClient: this.redis,
            rejectIfRedisNotReady: true,
            insuranceLimiter: alone,
            inMemoryBlockOnConsumed: limit + 1,
          })
        : alone;
      this.#limiters.set(id, limiter);
    }
    return limiter;
  }
}

async function count(limiter: Limiter, key: string): Promise<RateLimiterRes & { readonly isRefused: boolean }> {
  try {
    return Object.assign(await limiter.consume(key), { isRefused: false });
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return Object.assign(refused, { isRefused: true });
    throw refused;
  }
}

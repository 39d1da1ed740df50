import { ServiceUnavailableException, HttpStatus } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import type { OrderHash } from '../audit/audit-trail.js';

/** Far longer than Tencent keeps a result. */
const LIFE_MS = 30 * 24 * 3_600_000;
/** About 20 MB. */
const MOST_IN_MEMORY = 100_000;

/** To which tenant an order belongs: to the one whose key launched it, or sent its image. */
export abstract class OrderOwners {
  /** Take an order that belongs to no tenant yet. @returns whether it belongs to this tenant now */
  abstract claim(orderNo: string, tenant: string): Promise<boolean>;
  /** The tenant of an order; undefined for one that this demo does not know, or no longer. */
  abstract ownerOf(orderNo: string): Promise<string | undefined>;
}

/** For one instance: known until it ends, the latest 100,000 orders. */
export class MemoryOrderOwners extends OrderOwners {
  readonly #owners: LRUCache<string, string>;

  constructor(
    private readonly orders: OrderHash,
    max = MOST_IN_MEMORY,
  ) {
    super();
    this.#owners = new LRUCache({ max, ttl: LIFE_MS });
  }

  override async claim(orderNo: string, tenant: string): Promise<boolean> {
    const order = this.orders.of(orderNo);
    const owner = this.#owners.get(order);
    if (owner === undefined) this.#owners.set(order, tenant);
    return owner === undefined || owner === tenant;
  }

  override async ownerOf(orderNo: string): Promise<string | undefined> {
    return this.#owners.get(this.orders.of(orderNo));
  }
}

/** For several instances, which share `DEMO_AUDIT_KEY`: Redis sees hashes, never an order number. */
export class RedisOrderOwners extends OrderOwners {
  constructor(
    private readonly orders: OrderHash,
    private readonly redis: Redis,
  ) {
    super();
  }

  override async claim(orderNo: string, tenant: string): Promise<boolean> {
    return reached(async () => {
      const key = this.#key(orderNo);
      const isNew = (await this.redis.set(key, tenant, 'PX', LIFE_MS, 'NX')) !== null;
      return isNew || (await this.redis.get(key)) === tenant;
    });
  }

  override async ownerOf(orderNo: string): Promise<string | undefined> {
    return reached(async () => (await this.redis.get(this.#key(orderNo))) ?? undefined);
  }

  #key(orderNo: string): string {
    return `demo-api:owner:${this.orders.of(orderNo)}`;
  }
}

/** An owner that cannot be looked up is not the caller. */
async function reached<Value>(command: () => Promise<Value>): Promise<Value> {
  try {
    return await command();
  } catch {
    throw new ServiceUnavailableException({
      statusCode: HttpStatus.SERVICE_UNAVAILABLE,
      error: 'Service Unavailable',
      message: 'to whom this order belongs cannot be looked up at the moment; try again',
    });
  }
}

import {
  type DynamicModule,
  Injectable,
  Logger,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { Redis } from 'ioredis';
import { AuditFile } from './audit/audit-file.js';
import { AuditTrail, OrderHash } from './audit/audit-trail.js';
import { ApiKeyAuthentication, AuthFailureLimit } from './auth/api-key.authentication.js';
import { ApiKeys } from './auth/api-keys.js';
import { ScopesGuard } from './auth/scopes.guard.js';
import { KeyRateGuard } from './limits/key-rate.guard.js';
import { RATE_PERIOD_MS, RateLimits } from './limits/rate-limits.js';
import { OrderAccess, OrderAccessGuard, UnknownOrders } from './orders/order-access.js';
import { MemoryOrderOwners, OrderOwners, RedisOrderOwners } from './orders/order-owners.js';
import type { SecuritySettings } from './settings/security-settings.js';

/** Milliseconds for one command of Redis: a request waits for one or two of them. */
const REDIS_TIMEOUT_MS = 1_000;

/** The connection to the Redis of `DEMO_REDIS_URL`; without one, nothing. */
@Injectable()
class SharedRedis implements OnModuleInit, OnApplicationShutdown {
  readonly client: Redis | null;

  constructor(url: string | undefined) {
    this.client = url === undefined ? null : clientOf(url);
  }

  /** Wait for the first connection, or the first failure: the client goes on trying. */
  async onModuleInit(): Promise<void> {
    await this.client?.connect().catch(() => undefined);
  }

  onApplicationShutdown(): void {
    this.client?.disconnect();
  }
}

function clientOf(url: string): Redis {
  const log = new Logger('Redis');
  const client = new Redis(url, {
    lazyConnect: true,
    // A request is not kept waiting for a Redis that is down.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: REDIS_TIMEOUT_MS,
    connectTimeout: REDIS_TIMEOUT_MS,
  });
  let isDown = false;
  // Never the error itself: it may quote the URL, and the password in it.
  client.on('error', ({ code }: { code?: unknown }) => {
    if (!isDown) log.warn(`Redis cannot be reached (${typeof code === 'string' ? code : 'error'})`);
    isDown = true;
  });
  client.on('ready', () => {
    if (isDown) log.log('Redis can be reached again');
    isDown = false;
  });
  return client;
}

/**
 * Who may do what: guards for every route of the application. In this order: the requests of a key are counted, its scopes
 * compared with those of the route, and an order in the path with the tenant. The key itself is found earlier, by
 * {@link ApiKeyAuthentication}.
 */
@Module({})
export class SecurityModule {
  static with(settings: SecuritySettings): DynamicModule {
    // One object: Nest would make two modules of two.
    const rateLimits = RateLimitsModule.with(settings);
    return {
      module: SecurityModule,
      global: true,
      imports: [
        rateLimits,
        ThrottlerModule.forRootAsync({
          imports: [rateLimits],
          inject: [RateLimits],
          useFactory: (storage: RateLimits) => ({
            throttlers: [{ ttl: RATE_PERIOD_MS, limit: settings.requestsPerMinute }],
            storage,
          }),
        }),
      ],
      providers: [
        { provide: ApiKeys, useValue: settings.apiKeys },
        { provide: AuthFailureLimit, useValue: { perMinute: settings.authFailuresPerMinute } },
        { provide: UnknownOrders, useValue: { areServed: settings.servesUnknownOrders } },
        { provide: OrderHash, useValue: new OrderHash(settings.auditKey) },
        { provide: AuditFile, useValue: new AuditFile(settings.auditFile) },
        {
          provide: AuditTrail,
          inject: [AuditFile, OrderHash, Reflector],
          useFactory: (file: AuditFile, orders: OrderHash, reflector: Reflector) =>
            new AuditTrail(file, orders, reflector),
        },
        {
          provide: OrderOwners,
          inject: [OrderHash, SharedRedis],
          useFactory: (orders: OrderHash, { client }: SharedRedis) => {
            return client ? new RedisOrderOwners(orders, client) : new MemoryOrderOwners(orders);
          },
        },
        ApiKeyAuthentication,
        OrderAccess,
        { provide: APP_GUARD, useClass: KeyRateGuard },
        { provide: APP_GUARD, useClass: ScopesGuard },
        { provide: APP_GUARD, useClass: OrderAccessGuard },
      ],
      exports: [AuditTrail, OrderAccess, OrderHash],
    };
  }
}

/** What counts requests, for the throttler and for the check of keys. */
@Module({})
class RateLimitsModule {
  static with({ redisUrl }: SecuritySettings): DynamicModule {
    return {
      module: RateLimitsModule,
      providers: [
        { provide: SharedRedis, useFactory: () => new SharedRedis(redisUrl) },
        { provide: RateLimits, inject: [SharedRedis], useFactory: ({ client }: SharedRedis) => new RateLimits(client) },
      ],
      exports: [RateLimits, SharedRedis],
    };
  }
}

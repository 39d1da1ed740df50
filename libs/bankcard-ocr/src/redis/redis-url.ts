import type { Redis, RedisOptions } from 'ioredis';
import { storeIssue } from '../credentials/store/ticket-store.js';
import { Problem } from '../errors/configuration-error.js';
import { text } from '../errors/text.js';
import { readTicketStoreLocation } from '../options/credential.options.js';
import { isPackageMissing } from '../runtime/missing-package.js';
import { untraced } from '../runtime/tracing-suppression.js';
import type { RedisClient } from './redis-client.js';
import { redisError } from './redis-error.js';

type RedisConstructor = new (url: string, options: RedisOptions) => Redis;

/** The import is inside `try` for bundlers: only there a package may be missing (`scripts/build-library.cjs`). */
export async function loadIoredis(whenMissing = ioredisMissing): Promise<RedisConstructor> {
  try {
    return (await import('ioredis')).Redis;
  } catch (error) {
    if (!isPackageMissing(error, /\bioredis\b/)) throw error;
    throw whenMissing(error);
  }
}

function ioredisMissing(error: unknown): Error {
  const problem = text(
    'is a Redis URL, and the package that talks to Redis is missing: npm install ioredis',
    '是 Redis URL，但没有安装访问 Redis 的包：npm install ioredis',
  );
  return storeIssue(problem, error);
}

/**
 * @param more instead of what suits credentials
 * @throws {@link BankCardOcrConfigurationError} for another URL; its text, which holds a password, is not repeated
 */
export function createRedisClient(url: string, Client: RedisConstructor, more: RedisOptions = {}): Redis {
  // What ioredis throws for a wrong URL carries the URL. Options in a query string are between the application and ioredis.
  const location = readTicketStoreLocation(url.replace(/[?#].*$/s, ''));
  if (location instanceof Problem) throw storeIssue(location);
  if (location.kind !== 'redis') throw storeIssue(text('is not a Redis URL', '不是 Redis URL'));
  const isTls = url.toLowerCase().startsWith('rediss:');
  const options: RedisOptions = {
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    ...(isTls && { tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2' } }),
    connectionName: 'nestjs-bankcard-ocr',
    connectTimeout: 3_000,
    // A shutdown does not wait longer for a server that does not respond.
    disconnectTimeout: 200,
    // A command that waited for a connection would be carried out after its caller has given up.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), 1_000) * (0.5 + Math.random() / 2),
    // After a failover the old primary says so, or the connection leads to a replica.
    reconnectOnError: (error) => redisError(error).code === 'READONLY',
    ...more,
  };
  // It connects at once; that connection and all that follow it are made untraced.
  const client = untraced(() => new Client(url, options));
  // Without a listener the client prints its errors.
  return client.on('error', () => undefined);
}

/** How logs call it: host, port, database and key prefix, never user or password. */
export function describeRedis(client: RedisClient): string {
  // Instances with different prefixes do not share anything: it has to be seen.
  const keys = client.options.keyPrefix ? `, keys ${client.options.keyPrefix}*` : '';
  if ('nodes' in client) return `redis cluster${keys}`;
  const { host = 'localhost', port = 6379, path, db = 0, tls, sentinels, name = '' } = client.options;
  if (sentinels?.length) return `redis sentinel ${name ?? ''}`.trim() + keys;
  return (path ? `redis ${path}` : `${tls ? 'rediss' : 'redis'}://${host}:${port}/${db}`) + keys;
}

import type { Redis, RedisOptions } from 'ioredis';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../errors/configuration-error.js';
import { readTicketStoreLocation } from '../options/credential.options.js';
import { untraced } from '../runtime/tracing-suppression.js';
import type { RedisClient } from './redis-client.js';
import { redisError } from './redis-error.js';

const CONNECT_TIMEOUT_MS = 3_000;
/** A process that ends does not wait longer for a server that does not answer. */
const DISCONNECT_TIMEOUT_MS = 200;
const LONGEST_RECONNECT_MS = 1_000;

/** The class of ioredis, which is handed in: of this library, only the entry `/redis` needs the package to be installed. */
type RedisConstructor = new (url: string, options: RedisOptions) => Redis;

/**
 * Load ioredis, which only applications that keep credentials in Redis need to have installed.
 *
 * The import stands inside `try` for bundlers: only there they take a package that is missing for one that may be missing
 * (and bundle it where it is installed). `scripts/build-library.cjs` sees to it that this is still so in the CommonJS build.
 *
 * @throws {@link BankCardOcrConfigurationError} when it is not installed, or a bundle has left it out
 */
export async function loadIoredis(): Promise<RedisConstructor> {
  try {
    const ioredis = await import('ioredis');
    return ioredis.Redis;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = /^(ERR_)?MODULE_NOT_FOUND$/.test(code ?? '') || /Cannot find (module|package)/.test(message);
    if (!isMissing || !/\bioredis\b/.test(message)) throw error;
    throw storeIssue(IOREDIS_MISSING, error);
  }
}

const IOREDIS_MISSING = new Problem(
  'is a Redis URL, and the package that talks to Redis is missing: npm install ioredis',
  '是 Redis URL，但没有安装访问 Redis 的包：npm install ioredis',
);

/** An error that refuses the start because of the option `ticketStore`. */
export function storeIssue(problem: Problem, cause?: unknown): BankCardOcrConfigurationError {
  return new BankCardOcrConfigurationError(
    [configurationIssue('ticketStore', problem, 'BANKCARD_OCR_TICKET_STORE')],
    cause,
  );
}

/**
 * Make the client for a URL.
 *
 * @param url `redis://` or `rediss://` (TLS, always verified), with user, password and database as needed
 * @throws {@link BankCardOcrConfigurationError} when it is none; its text, which holds a password, is not repeated
 */
export function createRedisClient(url: string, Client: RedisConstructor): Redis {
  checkUrl(url);
  const isTls = url.toLowerCase().startsWith('rediss:');
  const options: RedisOptions = {
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    ...(isTls && { tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2' } }),
    connectionName: 'nestjs-bankcard-ocr',
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    // A command that waited for a connection would be carried out when nobody wants it any more.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_RECONNECT_MS) * (0.5 + Math.random() / 2),
    // After a failover the old primary says so, or the connection leads to a replica.
    reconnectOnError: (error) => redisError(error).code === 'READONLY',
  };
  // It connects at once; that connection and all that follow it are made untraced.
  const client = untraced(() => new Client(url, options));
  // Without a listener the client prints its errors.
  return client.on('error', () => undefined);
}

/** What ioredis throws for a wrong URL carries the URL, or says no more than "URI malformed". */
function checkUrl(url: string): void {
  // Options in a query string are between the application and ioredis.
  const read = readTicketStoreLocation(url.replace(/[?#].*$/s, ''));
  if (!(read instanceof Problem) && read.kind === 'redis') return;
  throw storeIssue(read instanceof Problem ? read : new Problem('is not a Redis URL', '不是 Redis URL'));
}

/** How logs call it: host, port, database and key prefix, never user or password. */
export function describeRedis(client: RedisClient): string {
  const { keyPrefix } = client.options;
  // Instances with different prefixes do not share anything: it has to be seen.
  return placeOf(client) + (keyPrefix ? `, keys ${keyPrefix}*` : '');
}

function placeOf(client: RedisClient): string {
  if ('nodes' in client) return 'redis cluster';
  const { host, port, path, db, tls, sentinels, name } = client.options;
  if (sentinels?.length) return `redis sentinel ${name ?? ''}`.trim();
  return path ? `redis ${path}` : `${tls ? 'rediss' : 'redis'}://${host ?? 'localhost'}:${port ?? 6379}/${db ?? 0}`;
}

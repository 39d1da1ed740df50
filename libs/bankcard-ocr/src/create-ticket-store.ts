import { FileTicketStore } from './credentials/store/file-ticket.store.js';
import { MemoryTicketStore } from './credentials/store/memory-ticket.store.js';
import { TicketStore } from './credentials/store/ticket-store.js';
import { BankCardOcrConfigurationError, configurationFault } from './errors/configuration-error.js';
import { Problem } from './errors/problem.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import { IoredisMissing, loadIoredis } from './redis/load-ioredis.js';
import { createRedisClient } from './redis/redis-url.js';

/**
 * Make the store that the option `ticketStore` names, or take the one that it is.
 *
 * @param onDamaged is called with the path or key of credentials that could not be read and were set aside
 * @throws {@link BankCardOcrConfigurationError} when a package that it needs is not installed
 */
export async function createTicketStore(
  { ticketStore, appId, clock }: ResolvedOptions,
  onDamaged: (where: string) => void,
): Promise<TicketStore> {
  if (ticketStore instanceof TicketStore) return ticketStore;
  if (ticketStore.kind === 'memory') return new MemoryTicketStore();
  if (ticketStore.kind === 'file') return new FileTicketStore({ directory: ticketStore.directory, appId, onDamaged });
  // Only whoever keeps credentials in Redis needs its client, and pays for loading it.
  const Client = await loadIoredis().catch(explain);
  const { RedisTicketStore } = await import('./redis/redis-ticket.store.js');
  const client = createRedisClient(ticketStore.url.reveal(), Client);
  return new RedisTicketStore({ appId, clock, onDamaged, client }, client);
}

function explain(error: unknown): never {
  if (!(error instanceof IoredisMissing)) throw error;
  const problem = new Problem(
    'is a Redis URL, and the package that talks to Redis is missing: npm install ioredis',
    '是 Redis URL，但没有安装访问 Redis 的包：npm install ioredis',
  );
  const fault = configurationFault('ticketStore', problem, 'BANKCARD_OCR_TICKET_STORE');
  throw new BankCardOcrConfigurationError([fault], error);
}

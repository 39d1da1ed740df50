import { FileTicketStore } from '../credentials/store/file-ticket.store.js';
import { MemoryTicketStore } from '../credentials/store/memory-ticket.store.js';
import { type StoreAccess, StoreError, TicketStore } from '../credentials/store/ticket-store.js';
import { isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../errors/configuration-error.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { IoredisMissing, loadIoredis } from '../redis/load-ioredis.js';
import { createRedisClient } from '../redis/redis-url.js';

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
  const { RedisTicketStore } = await import('../redis/redis-ticket.store.js');
  const client = createRedisClient(ticketStore.url.reveal(), Client);
  return new RedisTicketStore({ appId, clock, onDamaged, client }, client);
}

function explain(error: unknown): never {
  if (!(error instanceof IoredisMissing)) throw error;
  const problem = new Problem(
    'is a Redis URL, and the package that talks to Redis is missing: npm install ioredis',
    '是 Redis URL，但没有安装访问 Redis 的包：npm install ioredis',
  );
  const fault = configurationIssue('ticketStore', problem, 'BANKCARD_OCR_TICKET_STORE');
  throw new BankCardOcrConfigurationError([fault], error);
}

/**
 * Prepare a store for the access that a process needs.
 *
 * @throws {@link BankCardOcrConfigurationError} when it refuses that: the start is refused
 */
export async function openTicketStore(store: TicketStore, access: StoreAccess): Promise<void> {
  try {
    await store.open(access);
  } catch (error) {
    throw isBankCardOcrError(error) && error.code === 'CONFIGURATION' ? error : refusal(store, error);
  }
}

function refusal(store: TicketStore, error: unknown): BankCardOcrConfigurationError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown fault';
  const reason = error instanceof StoreError ? error.message : code;
  const advice =
    store instanceof FileTicketStore
      ? new Problem(
          'name a directory on a local disk that the user of this process may write to, and whose file system knows hard links',
          '请指定本地磁盘上的目录：本进程的用户可写，且文件系统支持硬链接',
        )
      : new Problem('its open() has failed, see the cause', '它的 open() 失败了，原因见 cause');
  const problem = new Problem(
    `${store.description} cannot be used (${reason}): ${advice.en}`,
    `${store.description} 无法使用（${reason}）：${advice.zh}`,
  );
  return new BankCardOcrConfigurationError(
    [configurationIssue('ticketStore', problem, 'BANKCARD_OCR_TICKET_STORE')],
    error,
  );
}

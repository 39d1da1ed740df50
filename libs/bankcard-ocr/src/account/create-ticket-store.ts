import { FILE_STORE_ADVICE, FileTicketStore } from '../credentials/store/file-ticket.store.js';
import { MemoryTicketStore } from '../credentials/store/memory-ticket.store.js';
import { type StoreAccess, StoreError, storeIssue, TicketStore } from '../credentials/store/ticket-store.js';
import { isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { codeOrNameOf } from '../errors/redaction.js';
import { text } from '../errors/text.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { createRedisClient, loadIoredis } from '../redis/redis-url.js';

export async function createTicketStore({ ticketStore, appId, clock }: ResolvedOptions): Promise<TicketStore> {
  if (ticketStore instanceof TicketStore) return ticketStore;
  if (ticketStore.kind === 'memory') return new MemoryTicketStore();
  if (ticketStore.kind === 'file') return new FileTicketStore({ directory: ticketStore.directory, appId });
  // Only an application that keeps credentials in Redis needs its client, so it is loaded here.
  const Client = await loadIoredis();
  const { RedisTicketStore } = await import('../redis/redis-ticket.store.js');
  const client = createRedisClient(ticketStore.url.reveal(), Client);
  return new RedisTicketStore({ appId, clock, client }, true);
}

/** @throws {@link BankCardOcrConfigurationError} when the store refuses the access: startup fails */
export async function openTicketStore(store: TicketStore, access: StoreAccess): Promise<void> {
  try {
    await store.open(access);
  } catch (error) {
    if (isBankCardOcrError(error) && error.code === 'CONFIGURATION') throw error;
    const reason = error instanceof StoreError ? error.message : codeOrNameOf(error);
    const advice = store instanceof FileTicketStore ? FILE_STORE_ADVICE : OPEN_HAS_FAILED;
    const { description } = store;
    const en = `${description} cannot be used (${reason}): ${advice.en}`;
    throw storeIssue(text(en, `${description} 无法使用（${reason}）：${advice.zh}`), error);
  }
}

const OPEN_HAS_FAILED = text('its open() has failed, see the cause', '它的 open() 失败了，原因见 cause');

import { TicketStore } from '../../credentials/store/ticket-store.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { FileStoreProbe } from './file-store.probe.js';
import type { StoreProbe } from './store-probe.js';

/**
 * Visit the store that the options name.
 *
 * @returns undefined for one that nobody outside its process can see
 * @throws when the package that talks to Redis is not installed
 */
export async function openStoreProbe(options: ResolvedOptions): Promise<StoreProbe | undefined> {
  const { ticketStore } = options;
  if (ticketStore instanceof TicketStore || ticketStore.kind === 'memory') return undefined;
  if (ticketStore.kind === 'file') return new FileStoreProbe(ticketStore.directory, options);
  const { RedisStoreProbe } = await import('./redis-store.probe.js');
  return RedisStoreProbe.begin(ticketStore.url.reveal(), options);
}

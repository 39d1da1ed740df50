import { TicketStore } from '../../credentials/store/ticket-store.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { FileStoreVisit } from './file-store.probe.js';
import type { StoreVisit } from './store-probe.js';

/**
 * Visit the store that the options name.
 *
 * @returns undefined for one that nobody outside its process can see
 * @throws when the package that talks to Redis is not installed
 */
export async function visitStore(options: ResolvedOptions): Promise<StoreVisit | undefined> {
  const { ticketStore } = options;
  if (ticketStore instanceof TicketStore || ticketStore.kind === 'memory') return undefined;
  if (ticketStore.kind === 'file') return new FileStoreVisit(ticketStore.directory, options);
  const { RedisStoreVisit } = await import('./redis-store.probe.js');
  return RedisStoreVisit.begin(ticketStore.url.reveal(), options);
}

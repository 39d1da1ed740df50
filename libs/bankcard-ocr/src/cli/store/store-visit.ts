import { TicketStore } from '../../credentials/store/ticket-store.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { Finding } from '../doctor/finding.js';
import { FileStoreVisit } from './file-store.visit.js';
import type { StoredLook } from './stored-look.js';

/** A look at the ticket store of the options, which changes no credentials. */
export interface StoreVisit {
  /** Whether the store can be used as the options want it. */
  tryAccess(): Promise<readonly Finding[]>;
  look(): Promise<StoredLook>;
  close(): Promise<void>;
}

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
  const { RedisStoreVisit } = await import('./redis-store.visit.js');
  return RedisStoreVisit.begin(ticketStore.url.reveal(), options);
}

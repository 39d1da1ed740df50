import { readTicketRecord, RecordOfAnotherVersion } from '../../credentials/read-ticket-record.js';
import type { TicketRecord } from '../../credentials/ticket-record.js';

/** What stands in a store, looked at without changing anything: a damaged record is not even set aside. */
export type StoredLook =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'damaged' }
  | { readonly kind: 'another-version' }
  /** `code` tells why. */
  | { readonly kind: 'unreadable'; readonly code: string }
  /** Its moments are by the clock of this process. It has secrets, sealed or in clear. */
  | { readonly kind: 'record'; readonly record: TicketRecord };

/** Look by reading a record; one of another version is left alone. */
export function lookBy(read: () => StoredLook): StoredLook {
  try {
    return read();
  } catch (error) {
    if (error instanceof RecordOfAnotherVersion) return { kind: 'another-version' };
    throw error;
  }
}

/** Read the bytes of a record. */
export function lookAtBytes(json: Uint8Array): StoredLook {
  return lookBy(() => {
    const record = readTicketRecord(json);
    return record ? { kind: 'record', record } : { kind: 'damaged' };
  });
}

import type { JournalEntry } from '../evidence/journal.js';
import type { VendorRequest } from './vendor-request.js';
import { VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** Why a request is not accepted. */
export interface Refusal {
  readonly code: string;
  readonly detail?: string;
}

/**
 * Check the signature of a query or of an image, and note which ticket made it. Both sign the same values: neither the
 * image nor the user id is signed (protocol.md section 4).
 */
export function refuseSignature(vendor: Vendor, request: VendorRequest, record: JournalEntry): Refusal | undefined {
  const values = [vendor.appId, request.orderNo ?? '', VERSION, request.text('nonce')];
  const signed = vendor.ledger.whoSigned(request.text('sign'), values);
  record.generation = signed?.ticket.token.generation;
  record.ticket = signed?.ticket.number;
  if (signed?.alive) return undefined;
  vendor.rejected += 1;
  return signed ? { code: vendor.settings.deadTicketCode } : { code: '400101', detail: 'sign' };
}

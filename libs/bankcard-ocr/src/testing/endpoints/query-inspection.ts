import type { JournalEntry } from '../evidence/evidence.js';
import { LEGAL_ORDER_NO } from '../orders/order-book.js';
import type { RecognitionRequest } from './recognition-request.js';
import { type VendorRequest, VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** What protocol.md section 2 allows as a nonce. */
export const LEGAL_NONCE = /^[0-9A-Za-z]{32}$/;

/**
 * Report what is wrong with a query's order number and nonce. Done for every query that arrives, also for one that a
 * fault keeps from being carried out: its retry needs a fresh nonce all the same (protocol.md section 4).
 */
export function inspectQuery(vendor: Vendor, request: VendorRequest): void {
  const orderNo = request.parameter('order_no');
  if (orderNo !== undefined) inspectOrderNo(vendor, orderNo);
  const nonce = request.parameter('nonce');
  if (nonce !== undefined) inspectNonce(vendor, nonce);
}

/** Report the same about an image that is to be recognised. */
export function inspectRecognition(vendor: Vendor, request: RecognitionRequest): void {
  if (request.orderNo !== undefined) inspectOrderNo(vendor, request.orderNo);
  const nonce = request.parameter('nonce');
  if (nonce !== undefined) inspectNonce(vendor, nonce);
  const userId = request.text('userId');
  if (Buffer.byteLength(userId) <= 32) return;
  const text = `A user id of ${userId.length} characters is too long (protocol.md section 2).`;
  vendor.misuse.add({ kind: 'illegal-user-id', text });
}

/** Report an illegal order number. */
export function inspectOrderNo(vendor: Vendor, orderNo: string): void {
  if (LEGAL_ORDER_NO.test(orderNo)) return;
  const text = `An order number of ${orderNo.length} characters is not 1 to 32 letters and digits (protocol.md section 2).`;
  vendor.misuse.add({ kind: 'illegal-order-no', text });
}

/** Report an illegal or reused nonce. Whether the vendor checks for reuse is unknown (section 8): it is only reported. */
export function inspectNonce(vendor: Vendor, nonce: string): void {
  if (!LEGAL_NONCE.test(nonce)) {
    const text = `A nonce of ${nonce.length} characters is not 32 letters and digits (protocol.md section 2).`;
    vendor.misuse.add({ kind: 'illegal-nonce', text });
  } else if (vendor.nonces.seenBefore(nonce)) {
    const text = 'A nonce was used before; every request wants a fresh one, retries included (protocol.md section 4).';
    vendor.misuse.add({ kind: 'nonce-reused', text });
  }
}

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

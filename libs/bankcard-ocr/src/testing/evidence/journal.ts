import type { EndpointName } from '../endpoints/endpoint-name.js';
import type { FaultKind } from '../faults/fault.js';

/** Something that happened to the partner without a request. */
export type PartnerEvent = 'change-secret' | 'kill-credentials' | 'foreign-refresh' | 'launch';

/**
 * One request, or one {@link PartnerEvent}; no secret, token, ticket, signature, nonce, card number or image is in it.
 */
export interface JournalEntry {
  /** Wall clock of the sandbox when it arrived, ms since the epoch. */
  readonly at: number;
  readonly endpoint: EndpointName | PartnerEvent | 'unknown';
  /**
   * `pending`: not answered yet. `answered`: handed to the operating system whole. `lost`: the connection ended first,
   * or a fault spoilt the answer.
   */
  outcome: 'pending' | 'answered' | 'lost';
  /** The code that was answered, also when the answer was lost; absent when no regular answer was made. */
  code?: string;
  /** Of a query or a recognition whose order number is well-formed. */
  orderNo?: string;
  /** Of a query: whether it asked for photos with `get_file=1`. */
  photos?: boolean;
  /** Of an api_ticket call. */
  ticketType?: 'SIGN' | 'NONCE';
  /** Generation of the token that was issued, presented, or that stands behind the ticket that signed. */
  generation?: number;
  /** Number of the SIGN ticket that was issued or that signed. */
  ticket?: number;
  /** The fault that hit this request. */
  fault?: FaultKind;
}

import type { IssuedToken } from '../credentials/credential-ledger.js';
import type { JournalEntry, RefreshCall } from '../evidence/evidence.js';
import { chinaDigits, failure, type SandboxResponse, success } from '../response/vendor-response.js';
import { type VendorRequest, VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** `GET /api/oauth2/access_token`: app id and secret for an access token (protocol.md sections 1 to 3). */
export function respondAccessToken(
  vendor: Vendor,
  request: VendorRequest,
  record: JournalEntry,
  call: RefreshCall | undefined,
): SandboxResponse {
  const stamp = vendor.stamps.next();
  if (request.lacks('secret', 'grant_type', 'version')) return failure('1', stamp, 'a parameter is missing');
  if (request.appId !== vendor.appId) return failure('66660001', stamp);
  if (request.text('grant_type') !== 'client_credential') return failure('400103', stamp, 'grant_type');
  if (request.text('version') !== VERSION) return failure('400502', stamp);
  if (request.text('secret') !== vendor.secret) return failure(vendor.settings.wrongSecretCode, stamp, 'secret');
  const token = vendor.ledger.issueToken();
  if (call) vendor.refreshWatch.tokenIssued(call, token);
  record.generation = token.generation;
  return success({
    ...stamp,
    success: true,
    access_token: token.value,
    ...expiry(vendor, vendor.settings.tokenLifeMs),
  });
}

/** Globally unique, at most 32, no special characters (protocol.md section 2). */
const LEGAL_USER_ID = /^[0-9A-Za-z]{1,32}$/;

/** `GET /api/oauth2/api_ticket`: an access token for a SIGN or a NONCE ticket (protocol.md sections 1 to 3). */
export function respondApiTicket(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  const stamp = vendor.stamps.next();
  if (request.lacks('access_token', 'type', 'version')) return failure('1', stamp, 'a parameter is missing');
  if (request.appId !== vendor.appId) return failure('66660001', stamp);
  if (request.ticketType === undefined) return failure('400103', stamp, 'type');
  if (request.text('version') !== VERSION) return failure('400502', stamp);
  const token = vendor.ledger.findToken(request.text('access_token'));
  record.generation = token?.generation;
  // The vendor cannot tell a token it has long forgotten from one it never issued: 15 for both.
  if (!token || !vendor.ledger.isValid(token)) return failure('15', stamp);
  if (request.ticketType === 'NONCE') return respondNonceTicket(vendor, request, token);
  const ticket = vendor.ledger.issueSignTicket(token);
  record.ticket = ticket.number;
  return ticketResponse(vendor, ticket.value, vendor.settings.ticketLifeMs);
}

function respondNonceTicket(vendor: Vendor, request: VendorRequest, token: IssuedToken): SandboxResponse {
  const userId = request.parameter('user_id');
  const stamp = vendor.stamps.next();
  if (userId === undefined) return failure('1', stamp, 'user_id is missing');
  if (!LEGAL_USER_ID.test(userId)) {
    const text = `A user id of ${userId.length} characters is too long or has special characters (protocol.md section 2).`;
    vendor.violations.add({ kind: 'illegal-user-id', text });
    return failure('400101', stamp, 'user_id');
  }
  if (vendor.ledger.isNonceTicketTooSoon(userId)) {
    const text = 'A second NONCE ticket for the same user within two seconds (protocol.md section 5).';
    vendor.violations.add({ kind: 'nonce-ticket-too-soon', text });
    return failure('400504', stamp);
  }
  const ticket = vendor.ledger.issueNonceTicket(userId, token);
  return ticketResponse(vendor, ticket.value, vendor.settings.nonceTicketLifeMs);
}

/** The nominal lifetime, as the vendor says it: that a ticket expires with its token is for the client to know. */
function ticketResponse(vendor: Vendor, value: string, lifeMs: number): SandboxResponse {
  const { transactionTime } = vendor.stamps.next();
  return success({ transactionTime, success: true, tickets: [{ value, ...expiry(vendor, lifeMs) }] });
}

/** `expire_in`: seconds, a number or a text; fractional when a test has scaled the lifetimes down. */
function expiry({ settings, clock }: Vendor, lifeMs: number) {
  const seconds = lifeMs / 1_000;
  return {
    expire_in: settings.expireInAs === 'string' ? String(seconds) : seconds,
    expire_time: chinaDigits(clock.now() + lifeMs),
  };
}

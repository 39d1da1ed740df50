import type { IssuedToken } from '../credentials/credential-ledger.js';
import type { JournalEntry } from '../evidence/evidence.js';
import type { RefreshExchange } from '../evidence/refresh-watch.js';
import { chinaDigits, failure, success, type SandboxResponse, wireSeconds } from '../response/vendor-response.js';
import { type VendorRequest, VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** `GET /api/oauth2/access_token`: app id and secret for an access token (protocol.md sections 1 to 3). */
export function respondAccessToken(
  vendor: Vendor,
  request: VendorRequest,
  record: JournalEntry,
  exchange: RefreshExchange | undefined,
): SandboxResponse {
  const stamp = vendor.stamps.stamp();
  if (request.lacks('secret', 'grant_type', 'version')) return failure('1', stamp, 'a parameter is missing');
  if (request.appId !== vendor.appId) return failure('66660001', stamp);
  if (request.text('grant_type') !== 'client_credential') return failure('400103', stamp, 'grant_type');
  if (request.text('version') !== VERSION) return failure('400502', stamp);
  if (request.text('secret') !== vendor.secret) return failure(vendor.settings.wrongSecretCode, stamp, 'secret');

  const token = vendor.ledger.issueToken();
  if (exchange) vendor.refreshWatch.tokenIssued(exchange, token);
  record.generation = token.generation;
  const lifeMs = vendor.settings.tokenLifeMs;
  return success({
    ...stamp,
    success: true,
    access_token: token.value,
    expire_in: wireSeconds(lifeMs, vendor.settings.expireInAs),
    expire_time: chinaDigits(vendor.clock.now() + lifeMs),
  });
}

/** Globally unique, at most 32, no special characters (protocol.md section 2). */
const LEGAL_USER_ID = /^[0-9A-Za-z]{1,32}$/;

/** `GET /api/oauth2/api_ticket`: an access token for a SIGN or a NONCE ticket (protocol.md sections 1 to 3). */
export function respondApiTicket(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  const stamp = vendor.stamps.stamp();
  if (request.lacks('access_token', 'type', 'version')) return failure('1', stamp, 'a parameter is missing');
  if (request.appId !== vendor.appId) return failure('66660001', stamp);
  if (request.ticketType === undefined) return failure('400103', stamp, 'type');
  if (request.text('version') !== VERSION) return failure('400502', stamp);
  const token = vendor.ledger.findToken(request.text('access_token'));
  record.generation = token?.generation;
  // The vendor cannot tell a token it has long forgotten from one it never issued: 15 for both.
  if (!token || !vendor.ledger.isTokenAlive(token)) return failure('15', stamp);

  if (request.ticketType === 'NONCE') return answerNonceTicket(vendor, request, token);
  const ticket = vendor.ledger.issueSignTicket(token);
  record.ticket = ticket.number;
  return ticketAnswer(vendor, ticket.value, vendor.settings.ticketLifeMs);
}

function answerNonceTicket(vendor: Vendor, request: VendorRequest, token: IssuedToken): SandboxResponse {
  const userId = request.parameter('user_id');
  const stamp = vendor.stamps.stamp();
  if (userId === undefined) return failure('1', stamp, 'user_id is missing');
  if (!LEGAL_USER_ID.test(userId)) {
    const text = `A user id of ${userId.length} characters is too long or has special characters (protocol.md section 2).`;
    vendor.misuse.add({ kind: 'illegal-user-id', text });
    return failure('400101', stamp, 'user_id');
  }
  if (vendor.nonceTickets.isTooSoon(userId)) {
    const text = 'A second NONCE ticket for the same user within two seconds (protocol.md section 5).';
    vendor.misuse.add({ kind: 'nonce-ticket-too-soon', text });
    return failure('400504', stamp);
  }
  return ticketAnswer(vendor, vendor.nonceTickets.issue(userId, token).value, vendor.settings.nonceTicketLifeMs);
}

/** The nominal life, as the vendor says it: that a ticket dies with its token is for the client to know. */
function ticketAnswer(vendor: Vendor, value: string, lifeMs: number): SandboxResponse {
  const ticket = {
    value,
    expire_in: wireSeconds(lifeMs, vendor.settings.expireInAs),
    expire_time: chinaDigits(vendor.clock.now() + lifeMs),
  };
  const { transactionTime } = vendor.stamps.stamp();
  return success({ transactionTime, success: true, tickets: [ticket] });
}

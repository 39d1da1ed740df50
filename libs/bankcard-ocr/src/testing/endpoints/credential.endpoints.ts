import type { Issued } from '../credentials/credential-ledger.js';
import type { JournalEntry } from '../evidence/evidence.js';
import { chinaDigits, Refusal, type SandboxResponse } from '../response/vendor-response.js';
import { type VendorRequest, VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** `GET /api/oauth2/access_token`: app id and secret for an access token (protocol.md sections 1 to 3). */
export function respondAccessToken(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  const { ledger, settings } = vendor;
  if (request.lacks('secret', 'grant_type', 'version')) throw new Refusal('1', 'a parameter is missing');
  if (request.appId !== vendor.appId) throw new Refusal('66660001');
  if (request.text('grant_type') !== 'client_credential') throw new Refusal('400103', 'grant_type');
  if (request.text('version') !== VERSION) throw new Refusal('400502');
  if (request.text('secret') !== vendor.secret) throw new Refusal(settings.wrongSecretCode, 'secret');
  const token = ledger.issue('token');
  vendor.refreshWatch.latest = token;
  record.generation = token.number;
  const credentials = { access_token: token.value, ...expiry(vendor, settings.tokenLifeMs) };
  return vendor.success({ ...vendor.stamp(), success: true, ...credentials });
}

const LEGAL_USER_ID = /^[0-9A-Za-z]{1,32}$/;

/** `GET /api/oauth2/api_ticket`: an access token for a SIGN or a NONCE ticket (protocol.md sections 1 to 3). */
export function respondApiTicket(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  const { ledger, settings } = vendor;
  if (request.lacks('access_token', 'type', 'version')) throw new Refusal('1', 'a parameter is missing');
  if (request.appId !== vendor.appId) throw new Refusal('66660001');
  if (request.ticketType === undefined) throw new Refusal('400103', 'type');
  if (request.text('version') !== VERSION) throw new Refusal('400502');
  const token = ledger.findToken(request.text('access_token'));
  record.generation = token?.number;
  // Tencent does not distinguish a token that expired long ago from one it never issued: 15 for both.
  if (!token || !ledger.isValid(token)) throw new Refusal('15');
  if (request.ticketType === 'NONCE') return respondNonceTicket(vendor, request, token);
  const ticket = ledger.issue('SIGN', { token });
  record.ticket = ticket.number;
  return ticketResponse(vendor, ticket.value, settings.ticketLifeMs);
}

function respondNonceTicket(vendor: Vendor, request: VendorRequest, token: Issued): SandboxResponse {
  const { ledger, settings, violations } = vendor;
  const userId = request.text('user_id');
  if (userId === '') throw new Refusal('1', 'user_id is missing');
  if (!LEGAL_USER_ID.test(userId)) {
    violations.report('illegal-user-id', `${userId.length} characters`);
    throw new Refusal('400101', 'user_id');
  }
  if (ledger.isNonceTicketTooSoon(userId)) {
    violations.report('nonce-ticket-too-soon');
    throw new Refusal('400504');
  }
  return ticketResponse(vendor, ledger.issue('NONCE', { token, userId }).value, settings.nonceTicketLifeMs);
}

/** The nominal lifetime, as the vendor says it: that a ticket expires with its token is for the client to know. */
function ticketResponse(vendor: Vendor, value: string, lifeMs: number): SandboxResponse {
  const { transactionTime } = vendor.stamp();
  const tickets = [{ value, ...expiry(vendor, lifeMs) }];
  return vendor.success({ transactionTime, success: true, tickets });
}

/** `expire_in`: seconds, a number or a text; fractional when a test has scaled the lifetimes down. */
function expiry({ settings, clock }: Vendor, lifeMs: number) {
  const seconds = lifeMs / 1_000;
  return {
    expire_in: settings.expireInAs === 'string' ? String(seconds) : seconds,
    expire_time: chinaDigits(clock.now() + lifeMs),
  };
}

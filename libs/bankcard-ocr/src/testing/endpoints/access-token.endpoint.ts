import { chinaDigits } from '../answer/china-time.js';
import type { VendorAnswer } from '../answer/vendor-answer.js';
import { failure, success } from '../answer/vendor-answer.js';
import type { JournalEntry } from '../evidence/journal.js';
import type { RefreshExchange } from '../evidence/refresh-watch.js';
import { wireSeconds } from '../answer/wire-seconds.js';
import type { VendorRequest } from './vendor-request.js';
import { VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** `GET /api/oauth2/access_token`: app id and secret for an access token (protocol.md sections 1 to 3). */
export function answerAccessToken(
  vendor: Vendor,
  request: VendorRequest,
  record: JournalEntry,
  exchange: RefreshExchange | undefined,
): VendorAnswer {
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

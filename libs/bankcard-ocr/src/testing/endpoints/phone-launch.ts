import { LEGAL_ORDER_NO } from '../orders/order-book.js';
import { messageOfCode } from '../vendor-codes.js';
import { inspectValues } from './ocr.endpoints.js';
import { LEGAL_NONCE, VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** What the phone SDK is started with, by the vendor's names (protocol.md section 4). */
export interface PhoneLaunch {
  /** Not signed, but the result is stored under it. */
  readonly orderNo: string;
  readonly openApiAppId: string;
  readonly openApiAppVersion: string;
  readonly openApiNonce: string;
  readonly openApiUserId: string;
  readonly openApiSign: string;
}

/** What the vendor says to a launch. */
export interface LaunchVerdict {
  readonly accepted: boolean;
  /** `0`, or the code that the phone would show. */
  readonly code: string;
  readonly msg: string;
}

/** Signed with a valid, unused NONCE ticket of the very user id, which is used up; the order is then recognized. */
export function acceptLaunch(vendor: Vendor, launch: PhoneLaunch): LaunchVerdict {
  inspectValues(vendor, launch.orderNo, launch.openApiNonce);
  const code = codeOfLaunch(vendor, launch);
  vendor.journal.add({ endpoint: 'launch', outcome: 'answered', code });
  if (code === '0' && !vendor.orders.find(launch.orderNo, false)) vendor.orders.add({ orderNo: launch.orderNo });
  return { accepted: code === '0', code, msg: messageOfCode(code) };
}

function codeOfLaunch(vendor: Vendor, launch: PhoneLaunch): string {
  const { openApiAppId, openApiAppVersion, openApiNonce, openApiUserId, openApiSign, orderNo } = launch;
  if (openApiAppId !== vendor.appId) return '66660001';
  if (openApiAppVersion !== VERSION) return '400502';
  if (orderNo.length > 32) return '66660000';
  if (!LEGAL_ORDER_NO.test(orderNo) || !LEGAL_NONCE.test(openApiNonce)) return '400101';
  const signed = [openApiAppId, openApiUserId, openApiAppVersion, openApiNonce];
  const ticket = vendor.ledger.findSigner('NONCE', openApiSign, signed);
  if (!ticket || ticket.userId !== openApiUserId) return '400101';
  if (!vendor.ledger.isValid(ticket)) return vendor.settings.deadTicketCode;
  ticket.used = true;
  return '0';
}

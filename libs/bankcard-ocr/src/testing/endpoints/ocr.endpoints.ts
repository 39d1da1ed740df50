import type { JournalEntry } from '../evidence/evidence.js';
import { type KnownOrder, LEGAL_ORDER_NO, magicOrder } from '../orders/order-book.js';
import { deliverPhotos, photosOf } from '../photos/photo-set.js';
import { type JsonObject, Refusal, type SandboxResponse } from '../response/vendor-response.js';
import { messageOfCode } from '../vendor-codes.js';
import { ENDPOINTS, LEGAL_NONCE, type VendorRequest, VERSION } from './vendor-request.js';
import type { Vendor } from './vendor.js';

/** `GET /api/server/getBankCardOcrResult`: the result of an order (protocol.md sections 1 to 4 and 6). */
export function respondQueryResult(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  const order = orderOf(vendor, request, record);
  const { bankCardNo, bankCardValidDate, operateTime, clarity } = order;
  const { fields, waitMs } = request.wantsPhotos ? deliverPhotos(vendor, order) : { fields: {}, waitMs: 0 };
  const [warnCode, multiWarnCode] = warningTexts(order);
  const card = { bankCardNo, bankCardValidDate, warnCode, multiWarnCode, ...fields, operateTime, clarity };
  return { ...resultResponse(vendor, order, { ...card, success: false }), waitMs };
}

/** The order that is asked for. @throws {@link Refusal} */
export function orderOf(vendor: Vendor, request: VendorRequest, record: JournalEntry): KnownOrder {
  checkQuery(vendor, request);
  checkSignature(vendor, request, record);
  const order = vendor.orders.find(request.orderNo, vendor.settings.unknownOrders === 'invent');
  if (order && order.code === undefined) return order;
  throw new Refusal(order?.code ?? '66660020');
}

function checkQuery(vendor: Vendor, request: VendorRequest, ...needed: readonly string[]): void {
  if (request.unreadable) throw new Refusal('400101', request.unreadable);
  const { method, orderNo = '' } = ENDPOINTS[request.endpoint];
  const isInUrl = method === 'GET' || request.orderNoInUrl !== undefined;
  if (request.lacks(orderNo, 'nonce', 'version', 'sign', ...needed) || !isInUrl)
    throw new Refusal('1', 'a parameter is missing');
  if (request.appId !== vendor.appId) {
    vendor.rejected += 1;
    throw new Refusal('66660001');
  }
  if (request.text('version') !== VERSION) throw new Refusal('400502');
  if (Buffer.byteLength(request.orderNo) > 32) throw new Refusal('66660000');
  if (!LEGAL_ORDER_NO.test(request.orderNo)) throw new Refusal('400101', orderNo);
  if (!LEGAL_NONCE.test(request.text('nonce'))) throw new Refusal('400101', 'nonce');
  if (method === 'POST' && request.orderNoInUrl !== request.orderNo) throw new Refusal('400101', 'orderNo');
}

/** Neither the image nor the user id is signed (protocol.md section 4). */
function checkSignature(vendor: Vendor, request: VendorRequest, record: JournalEntry): void {
  const values = [vendor.appId, request.orderNo, VERSION, request.text('nonce')];
  const ticket = vendor.ledger.findSigner('SIGN', request.text('sign'), values);
  record.generation = ticket?.token?.number;
  record.ticket = ticket?.number;
  if (ticket && vendor.ledger.isValid(ticket)) return;
  vendor.rejected += 1;
  throw ticket ? new Refusal(vendor.settings.deadTicketCode) : new Refusal('400101', 'sign');
}

/** 3 MB of Base64 (protocol.md section 2). */
const LONGEST_IMAGE = 3 * 1024 * 1024;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Codes that say something about the card: the image was looked at, which uses the order number up. */
const ABOUT_THE_CARD = /^-90\d\d$/;

/** `POST /api/paas/bankcardocrapp`: recognize an image at once (protocol.md sections 1 to 4 and 6). */
export function respondRecognition(vendor: Vendor, request: VendorRequest, record: JournalEntry): SandboxResponse {
  const { orders, settings } = vendor;
  checkQuery(vendor, request, 'bankcardStr');
  if (request.isNoText('userId') || Buffer.byteLength(request.text('userId')) > 32)
    throw new Refusal('400101', 'userId');
  checkSignature(vendor, request, record);
  const image = request.text('bankcardStr');
  if (image.length > LONGEST_IMAGE) throw new Refusal('400601');
  if (image.length % 4 !== 0 || !BASE64.test(image)) throw new Refusal('400101', 'bankcardStr');
  const orderNo = request.text('orderNo');
  if (orders.has(orderNo)) {
    vendor.violations.report('order-no-reused');
    throw new Refusal('14');
  }
  const magic = magicOrder(orderNo) ?? { orderNo };
  const code = magic.code ?? (isPicture(image) ? undefined : '-9013');
  if (code !== undefined && !ABOUT_THE_CARD.test(code)) throw new Refusal(code);
  const order = orders.add({ ...magic, code }, image);
  if (code !== undefined) throw new Refusal(code);
  // The same as in the response to a query, in this endpoint's own spelling (protocol.md section 3).
  const [warningCode, multiWarningCode] = warningTexts(order);
  const { bankcardNoPhoto } = photosOf('all', settings.photoBytes);
  const { bankCardNo: bankcardNo, bankCardValidDate: bankcardValidDate, clarity } = order;
  const card = { bankcardNo, bankcardValidDate, warningCode, bankcardNoPhoto, multiWarningCode, clarity };
  return resultResponse(vendor, order, { ...card, success: false });
}

/** JPEG, PNG, BMP: what the vendor's sibling API documents (protocol.md section 2). */
const BEGINNINGS = ['ffd8ff', '89504e470d0a1a0a', '424d'];

function isPicture(base64: string): boolean {
  const beginning = Buffer.from(base64.slice(0, 16), 'base64').toString('hex');
  return BEGINNINGS.some((magic) => beginning.startsWith(magic));
}

/** The nested response; its `success` is false even here, as in the official examples (section 3: ignore it). */
export function resultResponse(vendor: Vendor, { orderNo }: KnownOrder, fields: JsonObject): SandboxResponse {
  const { bizSeqNo, transactionTime } = vendor.stamp();
  const result = { bizSeqNo, transactionTime, orderNo, ...fields };
  return vendor.success({ bizSeqNo, result, transactionTime });
}

function warningTexts({ warnings }: KnownOrder): [first: string, all: string] {
  return warnings.length === 0 ? ['0', '0'] : [warnings[0]!, `[${warnings.join(',')}]`];
}

/** Done for every request, also for one that a fault stops: its retry needs a fresh nonce all the same (section 4). */
export function inspectOcrRequest(vendor: Vendor, request: VendorRequest): void {
  inspectValues(vendor, request.orderNo || undefined, request.text('nonce') || undefined);
  const userId = request.endpoint === 'bankcardocrapp' ? request.text('userId') : '';
  if (Buffer.byteLength(userId) > 32) vendor.violations.report('illegal-user-id', `${userId.length} characters`);
}

const NONCES_REMEMBERED = 200_000;

/** Whether the vendor checks for reuse is unknown (section 8): it is only reported. */
function inspectValues({ violations, nonces }: Vendor, orderNo?: string, nonce?: string): void {
  if (orderNo !== undefined && !LEGAL_ORDER_NO.test(orderNo)) {
    violations.report('illegal-order-no', `${orderNo.length} characters`);
  }
  if (nonce === undefined) return;
  if (!LEGAL_NONCE.test(nonce)) violations.report('illegal-nonce', `${nonce.length} characters`);
  else if (nonces.has(nonce)) violations.report('nonce-reused');
  // A sandbox may run for days.
  if (nonces.size >= NONCES_REMEMBERED) nonces.clear();
  nonces.add(nonce);
}

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

import type { BankCardOcrResult, CardWarning } from '../../card/bank-card-ocr-result.js';
import { CardNumber } from '../../card/card-number.js';
import type { CardPhoto, CardPhotos, PhotoKind } from '../../card/card-photo.js';
import { readCardValidity } from '../../card/card-validity.js';
import { ExtraFields, type Scalar } from '../../card/extra-fields.js';
import { redactVendorText } from '../../errors/redaction.js';
import { warningText } from '../../errors/vendor-codes.js';
import { CHINA_OFFSET_MS } from '../../runtime/clock.js';
import { printable } from '../../runtime/printable-text.js';
import { type Envelope, malformedResponse } from './envelope.js';
import { isJsonObject, isOrderNumberName, type JsonObject } from './json-response.js';
import type { PhotoArrivals } from './photo-buffers.js';

/** Longer than any card number; what is longer is something else. */
const LONGEST_CARD_NUMBER = 64;
const LONGEST_VALIDITY = 64;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What was asked for. */
interface AskedFor {
  readonly orderNo: string;
  /** The photos that came; undefined when they were not asked for. */
  readonly photos: ArrivedPhotos | undefined;
  /** The wall clock, in epoch milliseconds. */
  readonly nowMs: number;
}

/**
 * Turn a successful response of getBankCardOcrResult, in any dialect, into the one result (protocol.md section 3).
 *
 * @throws {@link BankCardOcrError} `RESPONSE_MALFORMED` when it has no card number, or belongs to another order
 */
export function readResultResponse(json: JsonObject, envelope: Envelope, askedFor: AskedFor): BankCardOcrResult {
  const fields = collectResultFields(json);
  const { orderNumbers, known, unknown } = fields;
  checkOrder(orderNumbers, askedFor.orderNo, envelope);
  const result: Writable<BankCardOcrResult> = {
    orderNo: askedFor.orderNo,
    cardNumber: readCardNumber(fields, envelope),
    validity: readCardValidity(rawValidity(known.validity), askedFor.nowMs),
    warnings: readWarnings(known.warning, known.warnings),
    photos: readPhotos(fields, askedFor.photos),
    extra: new ExtraFields(unknown),
  };
  const operatedAt = readChinaTime(known.operateTime);
  const clarity = readClarity(known.clarity);
  // What is missing is not there, rather than there and undefined.
  if (operatedAt !== undefined) result.operatedAt = operatedAt;
  if (clarity !== undefined) result.clarity = clarity;
  if (envelope.bizSeqNo !== undefined) result.bizSeqNo = envelope.bizSeqNo;
  if (envelope.message !== undefined) result.vendorMessage = envelope.message;
  return result;
}

function readCardNumber({ known }: ResultFields, envelope: Envelope): CardNumber {
  const value = known.cardNumber;
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '') throw malformedResponse('gave no card number', envelope, true);
  // Some of it was written in an encoding that could not be read.
  if (text.includes('\ufffd')) throw malformedResponse('its card number is unreadable', envelope, true);
  if (text.length > LONGEST_CARD_NUMBER) throw malformedResponse('its card number is longer than any', envelope, true);
  return new CardNumber(text);
}

/** Its text is kept and shown as it is, so whatever else a host may have put there is removed first. */
function rawValidity(value: unknown): string {
  return typeof value === 'string' ? redactVendorText(value).slice(0, LONGEST_VALIDITY) : '';
}

/**
 * Somebody else's card must never be handed out, whatever mixed the responses up on their way. A response may leave the order
 * number out; whatever it has in its place must be the very text, in every spelling of the name.
 */
function checkOrder(answered: readonly unknown[], orderNo: string, envelope: Envelope): void {
  const another = answered.some((value) => value !== undefined && value !== orderNo);
  if (another) throw malformedResponse('the response belongs to another order number', envelope, true);
}

function readClarity(value: unknown): number | undefined {
  const clarity = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof clarity === 'number' && clarity >= 0 && clarity <= 100 ? clarity : undefined;
}

/** The photos that came with a response. */
interface ArrivedPhotos {
  readonly arrivals: PhotoArrivals;
  /** Those that are kept in memory. */
  readonly kept: ReadonlyMap<PhotoKind, CardPhoto>;
}

/**
 * What is known of the photos of a response.
 *
 * @param arrived undefined when they were not asked for
 */
export function readPhotos({ known }: ResultFields, arrived: ArrivedPhotos | undefined): CardPhotos {
  if (!arrived) return { status: 'absent', damaged: [] };
  const { arrivals, kept } = arrived;
  const damaged: PhotoKind[] = [];
  for (const [kind, field] of PHOTO_FIELDS) {
    if (arrivals.get(kind) === 'damaged' || (!arrivals.has(kind) && isNoText(known[field]))) damaged.push(kind);
  }
  const anyCame = damaged.length > 0 || arrivals.size > 0;
  return { status: anyCame ? 'complete' : 'pending', damaged, ...Object.fromEntries(kept) };
}

/** Nothing at all is a photo that has not come; anything but a text is a photo that came wrong. */
function isNoText(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** No card has more doubts than this; a longer list is not a list of warnings. */
const MOST_WARNINGS = 64;

/** Of a longer list or text only the beginning is read. */
const MOST_READ = 4096;

/**
 * Read `warnCode` (one code, `0` or empty for none) and `multiWarnCode` (several, as the text `[-9110,-9111]`, a single
 * one bare or in brackets) and unite them, each code once (protocol.md section 3).
 */
export function readWarnings(one: unknown, several: unknown): CardWarning[] {
  // Most cards have no warnings.
  if (isNone(one) && isNone(several)) return [];
  const codes = new Set([one, several].flatMap(codesIn));
  codes.delete('0');
  return [...codes].slice(0, MOST_WARNINGS).map((code) => ({ code, ...warningText(code) }));
}

function isNone(field: unknown): boolean {
  return field === '0' || field === undefined || field === '';
}

function codesIn(field: unknown): string[] {
  // A list in a list is no list of warnings; to follow it would let a response decide how deep the stack gets.
  return (Array.isArray(field) ? field.slice(0, MOST_READ) : [field]).flatMap(codesInText);
}

function codesInText(value: unknown): string[] {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string') return [];
  // A code that is not a number stays readable, but nothing as long as a card number or a secret passes for a code.
  return text.slice(0, MOST_READ).match(/(?<![\w-])-?\w{1,11}(?![\w-])/g) ?? [];
}

/** `d` stands for a digit. */
const OPERATE_TIME = 'dddd-dd-dd dd:dd:dd';
const D = 0x64;
const T = 0x54;

/** Read `yyyy-MM-dd HH:mm:ss` in China time (+08:00, assumed: protocol.md section 3); undefined when unreadable. */
export function readChinaTime(value: unknown): Date | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  if (!isOperateTime(text)) return undefined;
  const year = numberAt(text, 0);
  const month = numberAt(text, 5);
  const day = numberAt(text, 8);
  const hour = numberAt(text, 11);
  const minute = numberAt(text, 14);
  const second = numberAt(text, 17);
  // Date takes 31 February for 3 March, and year 50 for 1950: a moment that does not exist is unreadable.
  if (year < 100 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  if (day > 28 && day > daysIn(year, month)) return undefined;
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second) - CHINA_OFFSET_MS);
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Character by character: every response has such a time, and this takes a tenth of what a pattern does. */
function isOperateTime(text: string): boolean {
  if (text.length !== OPERATE_TIME.length) return false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const wanted = OPERATE_TIME.charCodeAt(at);
    const isRight = wanted === D ? code >= 0x30 && code <= 0x39 : code === wanted || (at === 10 && code === T);
    if (!isRight) return false;
  }
  return true;
}

/** The digits from `start` on; what follows them is no digit. */
function numberAt(text: string, start: number): number {
  let number = 0;
  for (let at = start, code = text.charCodeAt(at); code >= 0x30 && code <= 0x39; code = text.charCodeAt(at)) {
    number = number * 10 + code - 0x30;
    at += 1;
  }
  return number;
}

/** The fields of a result under one name each, whatever host or page spelled them. */
type ResultField =
  | 'cardNumber'
  | 'validity'
  | 'warning'
  | 'warnings'
  | 'operateTime'
  | 'clarity'
  | 'originalPhoto'
  | 'cropPhoto'
  | 'numberPhoto';

/** Every spelling in lower case: pages differ in the case of letters too (protocol.md section 3). */
const SPELLINGS: ReadonlyMap<string, ResultField> = new Map([
  ['bankcardno', 'cardNumber'],
  ['bankcardvaliddate', 'validity'],
  ['warncode', 'warning'],
  ['warningcode', 'warning'],
  ['multiwarncode', 'warnings'],
  ['multiwarningcode', 'warnings'],
  ['operatetime', 'operateTime'],
  ['clarity', 'clarity'],
  ['originbankcardphoto', 'originalPhoto'],
  ['orginbankcardphoto', 'originalPhoto'],
  ['bankcardcropphoto', 'cropPhoto'],
  ['bankcardnophoto', 'numberPhoto'],
]);

/** Read elsewhere, or meaningless on bank cards. */
const ENVELOPE_FIELDS = ['code', 'msg', 'bizSeqNo', 'transactionTime', 'success', 'result'];

/** What a member of a response is. */
type Member = ResultField | 'orderNumber' | 'envelope' | 'unknown';

/** As the newest documents spell them: found at once, where other spellings take some patterns. */
const DOCUMENTED: ReadonlyMap<string, Member> = new Map<string, Member>([
  ['bankCardNo', 'cardNumber'],
  ['bankCardValidDate', 'validity'],
  ['warnCode', 'warning'],
  ['multiWarnCode', 'warnings'],
  ['operateTime', 'operateTime'],
  ['clarity', 'clarity'],
  ['orderNo', 'orderNumber'],
  ...ENVELOPE_FIELDS.map((name): [string, Member] => [name, 'envelope']),
]);

function memberOf(name: string): Member {
  const documented = DOCUMENTED.get(name) ?? SPELLINGS.get(name.toLowerCase());
  return documented ?? (isOrderNumberName(name) ? 'orderNumber' : 'unknown');
}

/** The fields that are photos. */
const PHOTO_FIELDS: readonly (readonly [kind: PhotoKind, field: ResultField])[] = [
  ['original', 'originalPhoto'],
  ['crop', 'cropPhoto'],
  ['numberStrip', 'numberPhoto'],
];

/** Which photo a field of a response is, in whatever spelling; undefined for what is no photo. */
export function photoKindOf(name: string): PhotoKind | undefined {
  const member = memberOf(name);
  return PHOTO_FIELDS.find(([, photo]) => photo === member)?.[0];
}

/** The content of a result response. */
interface ResultFields {
  /** Whatever stands anywhere as the order number: none of it may be another one. */
  readonly orderNumbers: readonly unknown[];
  readonly known: Readonly<Partial<Record<ResultField, unknown>>>;
  readonly unknown: readonly (readonly [name: string, value: Scalar])[];
}

/**
 * Collect the fields of a result response: nested under `result` as the examples show, or flat as the tables do. What is
 * nested wins; of two spellings the first one that says something.
 */
export function collectResultFields(json: JsonObject): ResultFields {
  const orderNumbers: unknown[] = [];
  const known: Partial<Record<ResultField, unknown>> = {};
  const unknown: [string, Scalar][] = [];
  const places = isJsonObject(json['result']) ? [json['result'], json] : [json];
  for (const place of places) {
    for (const name of Object.keys(place)) {
      const value = place[name];
      const member = memberOf(name);
      if (member === 'envelope') continue;
      if (member === 'orderNumber') orderNumbers.push(value);
      else if (member !== 'unknown') {
        if (isSilent(known[member])) known[member] = value;
      } else if (isScalar(value)) unknown.push([printable(name), printableScalar(value)]);
    }
  }
  return { orderNumbers, known, unknown };
}

function isSilent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Whoever prints it must not have the cursor of a terminal moved by it. */
function printableScalar(value: Scalar): Scalar {
  return typeof value === 'string' ? printable(value) : value;
}

import type { BankCardOcrResult, CardWarning } from '../../card/bank-card-ocr-result.js';
import { CardNumber } from '../../card/card-number.js';
import { type CardPhoto, type CardPhotos, PHOTO_KINDS, type PhotoKind } from '../../card/card-photo.js';
import { readCardValidity } from '../../card/card-validity.js';
import { ExtraFields, type Scalar } from '../../card/extra-fields.js';
import { redactVendorText } from '../../errors/redaction.js';
import { warningText } from '../../errors/vendor-codes.js';
import { printable } from '../../runtime/printable-text.js';
import { type Envelope, malformedResponse, readChinaTime } from './envelope.js';
import { isJsonObject, isOrderNumberName, type JsonObject, NULL_TEXT } from './json-response.js';
import type { PhotoArrivals } from './photo-buffers.js';

/** Longer than any card number; what is longer is something else. */
const LONGEST_CARD_NUMBER = 64;
const LONGEST_VALIDITY = 64;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface AskedFor {
  readonly orderNo: string;
  /** The photos that came; undefined when they were not requested. */
  readonly photos: { readonly arrivals: PhotoArrivals; readonly kept: ReadonlyMap<PhotoKind, CardPhoto> } | undefined;
  /** The wall clock, in epoch milliseconds. */
  readonly nowMs: number;
}

/** Any dialect (protocol.md section 3). @throws `RESPONSE_MALFORMED` without a card number, or for another order */
export function readResultResponse(
  json: JsonObject,
  envelope: Envelope,
  { orderNo, photos, nowMs }: AskedFor,
): BankCardOcrResult {
  const fields = collectResultFields(json);
  const { orderNumbers, known, unknown } = fields;
  checkOrder(orderNumbers, orderNo, envelope);
  const validity = known.validity;
  const result: Writable<BankCardOcrResult> = {
    orderNo,
    cardNumber: readCardNumber(known.cardNumber, envelope),
    // It is kept and shown as it is, so whatever else a host may have put there is removed first.
    validity: readCardValidity(
      typeof validity === 'string' ? redactVendorText(validity).slice(0, LONGEST_VALIDITY) : '',
      nowMs,
    ),
    warnings: readWarnings(known.warning, known.warnings),
    photos: readPhotos(fields, photos),
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

/** Never return what is of another order. A response may lack the order number, but must not have a different one. */
export function checkOrder(orderNumbers: readonly unknown[], orderNo: string, envelope: Envelope): void {
  if (orderNumbers.some((value) => value !== undefined && value !== orderNo))
    throw malformedResponse('the response belongs to another order number', envelope, true);
}

function readCardNumber(value: unknown, envelope: Envelope): CardNumber {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '') throw malformedResponse('gave no card number', envelope, true);
  // Some of it was written in an encoding that could not be read.
  if (text.includes('\ufffd')) throw malformedResponse('its card number is unreadable', envelope, true);
  if (text.length > LONGEST_CARD_NUMBER) throw malformedResponse('its card number is longer than any', envelope, true);
  return new CardNumber(text);
}

function readClarity(value: unknown): number | undefined {
  const clarity = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof clarity === 'number' && clarity >= 0 && clarity <= 100 ? clarity : undefined;
}

/** @param arrived undefined when no photos were requested */
export function readPhotos({ known }: ResultFields, arrived: AskedFor['photos']): CardPhotos {
  if (!arrived) return { status: 'absent', damaged: [] };
  const { arrivals, kept } = arrived;
  // What is neither missing nor empty has come, and anything but a text has come wrong.
  const damaged = PHOTO_KINDS.filter((kind) =>
    arrivals.has(kind) ? arrivals.get(kind) === 'damaged' : !isSilent(known[kind]),
  );
  const anyCame = damaged.length > 0 || arrivals.size > 0;
  return { status: anyCame ? 'complete' : 'pending', damaged, ...Object.fromEntries(kept) };
}

/** No card has more doubts than this; a longer list is not a list of warnings. */
const MOST_WARNINGS = 64;

/** Of a longer list or text only the beginning is read. */
const MOST_READ = 4096;

/** Both fields united, each code once; several as `[-9110,-9111]`, with or without brackets (section 3). */
export function readWarnings(one: unknown, several: unknown): CardWarning[] {
  // Most cards have no warnings.
  if (isNone(one) && isNone(several)) return [];
  const codes = new Set([one, several].flatMap(codesIn));
  for (const none of ['0', NULL_TEXT]) codes.delete(none);
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

/** How hosts and pages spell each member; those of the envelope are read elsewhere, or meaningless on bank cards. */
const SPELLINGS = {
  cardNumber: ['bankCardNo'],
  validity: ['bankCardValidDate'],
  warning: ['warnCode', 'warningCode'],
  warnings: ['multiWarnCode', 'multiWarningCode'],
  operateTime: ['operateTime'],
  clarity: ['clarity'],
  original: ['originBankcardPhoto', 'orginBankcardPhoto'],
  crop: ['bankcardCropPhoto'],
  numberStrip: ['bankcardNoPhoto'],
  orderNumber: ['orderNo'],
  envelope: ['code', 'msg', 'bizSeqNo', 'transactionTime', 'success', 'result'],
} as const;

type Member = keyof typeof SPELLINGS | 'unknown';
/** The fields of a result under one name each. */
type ResultField = Exclude<Member, 'orderNumber' | 'envelope' | 'unknown'>;

/** In lower case too: pages differ in the case of letters (protocol.md section 3). */
const MEMBERS: ReadonlyMap<string, Member> = new Map(
  (Object.keys(SPELLINGS) as (keyof typeof SPELLINGS)[]).flatMap((member) =>
    SPELLINGS[member].flatMap((name) => [name, name.toLowerCase()].map((spelling) => [spelling, member] as const)),
  ),
);

function memberOf(name: string): Member {
  const member = MEMBERS.get(name) ?? MEMBERS.get(name.toLowerCase());
  return member ?? (isOrderNumberName(name) ? 'orderNumber' : 'unknown');
}

/** Which photo a field of a response is, in whatever spelling; undefined for what is no photo. */
export function photoKindOf(name: string): PhotoKind | undefined {
  const member = memberOf(name);
  return PHOTO_KINDS.find((kind) => kind === member);
}

interface ResultFields {
  /** Every value of an order number, wherever it is: none may be another one. */
  readonly orderNumbers: readonly unknown[];
  readonly known: Readonly<Partial<Record<ResultField, unknown>>>;
  readonly unknown: readonly (readonly [name: string, value: Scalar])[];
}

/** Nested under `result` or flat; what is nested wins, of two spellings the first that says something. */
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
        if (isSilent(known[member]) && !isSilent(value)) known[member] = value;
      } else if (isScalar(value)) unknown.push([printable(name), typeof value === 'string' ? printable(value) : value]);
    }
  }
  return { orderNumbers, known, unknown };
}

function isSilent(value: unknown): boolean {
  return value === undefined || value === null || value === '' || value === NULL_TEXT;
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

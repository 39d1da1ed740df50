import type { BankCardOcrResult } from '../../card/bank-card-ocr-result.js';
import { CardNumber } from '../../card/card-number.js';
import { readCardValidity } from '../../card/card-validity.js';
import { ExtraFields } from '../../card/extra-fields.js';
import { redactVendorText } from '../../errors/redaction.js';
import { readChinaTime } from './china-time.js';
import type { Envelope } from './envelope.js';
import type { JsonObject } from './json-answer.js';
import { malformedAnswer } from './malformed.js';
import { type ArrivedPhotos, readPhotos } from './photos.js';
import { collectResultFields, type ResultFields } from './result-fields.js';
import { readWarnings } from './warnings.js';

/** Longer than any card number; what is longer is something else. */
const LONGEST_CARD_NUMBER = 64;
const LONGEST_VALIDITY = 64;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What was asked for. */
export interface AskedFor {
  readonly orderNo: string;
  /** The photos that came; undefined when they were not asked for. */
  readonly photos: ArrivedPhotos | undefined;
  /** The wall clock, in epoch milliseconds. */
  readonly nowMs: number;
}

/**
 * Turn a successful answer of getBankCardOcrResult, in any dialect, into the one result (protocol.md section 3).
 *
 * @throws {@link BankCardOcrError} `ANSWER_MALFORMED` when it has no card number, or belongs to another order
 */
export function readResultAnswer(json: JsonObject, envelope: Envelope, askedFor: AskedFor): BankCardOcrResult {
  const fields = collectResultFields(json);
  const { orderNumbers, known, unknown } = fields;
  checkOrder(orderNumbers, askedFor.orderNo, envelope);
  const result: Writable<BankCardOcrResult> = {
    orderNo: askedFor.orderNo,
    cardNumber: readCardNumber(fields, envelope),
    validity: readCardValidity(rawValidity(known.get('validity')), askedFor.nowMs),
    warnings: readWarnings(known.get('warning'), known.get('warnings')),
    photos: readPhotos(fields, askedFor.photos),
    extra: new ExtraFields(unknown),
  };
  const operatedAt = readChinaTime(known.get('operateTime'));
  const clarity = readClarity(known.get('clarity'));
  // What is missing is not there, rather than there and undefined.
  if (operatedAt !== undefined) result.operatedAt = operatedAt;
  if (clarity !== undefined) result.clarity = clarity;
  if (envelope.bizSeqNo !== undefined) result.bizSeqNo = envelope.bizSeqNo;
  if (envelope.message !== undefined) result.vendorMessage = envelope.message;
  return result;
}

function readCardNumber({ known }: ResultFields, envelope: Envelope): CardNumber {
  const value = known.get('cardNumber');
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '') throw malformedAnswer('gave no card number', envelope, true);
  // Some of it was written in an encoding that could not be read.
  if (text.includes('\ufffd')) throw malformedAnswer('its card number is unreadable', envelope, true);
  if (text.length > LONGEST_CARD_NUMBER) throw malformedAnswer('its card number is longer than any', envelope, true);
  return new CardNumber(text);
}

/** Its text is kept and shown as it is, so whatever else a host may have put there is removed first. */
function rawValidity(value: unknown): string {
  return typeof value === 'string' ? redactVendorText(value).slice(0, LONGEST_VALIDITY) : '';
}

/**
 * Somebody else's card must never be handed out, whatever mixed the answers up on their way. An answer may leave the order
 * number out; whatever it has in its place must be the very text, in every spelling of the name.
 */
function checkOrder(answered: readonly unknown[], orderNo: string, envelope: Envelope): void {
  const another = answered.some((value) => value !== undefined && value !== orderNo);
  if (another) throw malformedAnswer('the answer belongs to another order number', envelope, true);
}

function readClarity(value: unknown): number | undefined {
  const clarity = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof clarity === 'number' && clarity >= 0 && clarity <= 100 ? clarity : undefined;
}

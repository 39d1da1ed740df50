import type { BankCardOcrResult, ResultRetention } from '../card/bank-card-ocr-result.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';

/** The last moment of a `Date`. */
const END_OF_DATES_MS = 8.64e15;

/** What is known about how long the vendor keeps one order. */
export interface RetentionFacts {
  /** Milliseconds that the vendor keeps results and photos. */
  readonly assumedVendorRetentionMs: number;
  /** The wall clock, in epoch milliseconds. */
  readonly nowMs: number;
  /** When the card was recognised, as the application knows it. */
  readonly recognizedAt?: Date;
}

/**
 * @param operatedAt the vendor's own time of recognition: it wins over that of the application
 * @returns undefined when it is not known when the card was recognised
 */
export function retentionOf(
  { assumedVendorRetentionMs, nowMs, recognizedAt: known }: RetentionFacts,
  operatedAt?: Date,
): ResultRetention | undefined {
  const recognizedAt = operatedAt ?? known;
  if (!recognizedAt) return undefined;
  // Clocks differ: nothing was recognised in the future.
  const endsAtMs = Math.min(recognizedAt.getTime(), nowMs) + assumedVendorRetentionMs;
  return { endsAt: new Date(Math.min(endsAtMs, END_OF_DATES_MS)), remainingMs: Math.max(endsAtMs - nowMs, 0) };
}

/** Complete a new result with its retention, and call photos `gone` that did not come in that time. */
export function addRetention(
  result: { -readonly [K in keyof BankCardOcrResult]: BankCardOcrResult[K] },
  facts: RetentionFacts,
): BankCardOcrResult {
  const retention = retentionOf(facts, result.operatedAt);
  if (!retention) return result;
  result.retention = retention;
  const gone = result.photos.status === 'pending' && retention.remainingMs === 0;
  if (gone) result.photos = { ...result.photos, status: 'gone' };
  return result;
}

/**
 * The vendor responds alike for an order that it never knew and for one that it has deleted: the time tells which.
 * @returns the error `RESULT_GONE`, or undefined when the vendor may still have the result, or get it
 */
export function goneFor(notFound: BankCardOcrError, facts: RetentionFacts): BankCardOcrError | undefined {
  if (retentionOf(facts)?.remainingMs !== 0) return undefined;
  const { vendorCode, vendorMessage, bizSeqNo } = notFound;
  return new BankCardOcrError('RESULT_GONE', {
    message:
      'the vendor no longer keeps the result of this order: ' +
      `the card was recognised more than ${facts.assumedVendorRetentionMs} ms ago (recognizedAt, assumedVendorRetentionMs)`,
    vendorCode,
    vendorMessage,
    bizSeqNo,
    cause: notFound,
  });
}

/** @throws {@link BankCardOcrError} `INVALID_ARGUMENT` */
export function checkRecognizedAt(value: unknown): asserts value is Date | undefined {
  if (value === undefined || (value instanceof Date && !Number.isNaN(value.getTime()))) return;
  throw new BankCardOcrError('INVALID_ARGUMENT', {
    message: 'recognizedAt must be a valid Date: when the card was recognised; leave it out when it is not known',
    messageZh: 'recognizedAt 必须是有效的 Date',
  });
}

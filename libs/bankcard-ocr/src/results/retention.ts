import type { BankCardOcrResult, ResultRetention } from '../card/bank-card-ocr-result.js';
import { BankCardOcrError, invalidArgument } from '../errors/bank-card-ocr-error.js';

const END_OF_DATES_MS = 8.64e15;

export interface RetentionFacts {
  readonly assumedVendorRetentionMs: number;
  readonly nowMs: number;
  readonly recognizedAt?: Date;
}

/** @param operatedAt Tencent's own time of recognition, which takes precedence */
export function retentionOf(
  { assumedVendorRetentionMs, nowMs, recognizedAt: known }: RetentionFacts,
  operatedAt?: Date,
): ResultRetention | undefined {
  const recognizedAt = operatedAt ?? known;
  if (!recognizedAt) return undefined;
  // Clocks differ: nothing was recognized in the future.
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

/** `RESULT_GONE` if the time is over: Tencent sends the same response for an unknown order and a deleted one. */
export function goneFor(notFound: BankCardOcrError, facts: RetentionFacts): BankCardOcrError | undefined {
  if (retentionOf(facts)?.remainingMs !== 0) return undefined;
  const { vendorCode, vendorMessage, bizSeqNo } = notFound;
  return new BankCardOcrError('RESULT_GONE', {
    message:
      'Tencent no longer keeps the result of this order: ' +
      `the card was recognized more than ${facts.assumedVendorRetentionMs} ms ago (recognizedAt, assumedVendorRetentionMs)`,
    vendorCode,
    vendorMessage,
    bizSeqNo,
    cause: notFound,
  });
}

export function checkRecognizedAt(value: unknown): asserts value is Date | undefined {
  if (value === undefined || (value instanceof Date && !Number.isNaN(value.getTime()))) return;
  throw invalidArgument(
    'recognizedAt must be a valid Date: when the card was recognized; leave it out when it is not known',
    'recognizedAt 必须是有效的 Date',
  );
}

import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { redactVendorText } from '../../errors/redaction.js';
import { type VendorCodeOverrides, vendorCodeRule } from '../../errors/vendor-codes.js';
import { chinaMidnightMs } from '../../runtime/clock.js';
import { codeOf, isJsonObject, type JsonObject } from './json-response.js';

export interface Envelope {
  /** As text; `0` is success. */
  readonly code: string;
  /** `msg`, safe to show. */
  readonly message?: string;
  /** `bizSeqNo`: Tencent's serial number of the request. */
  readonly bizSeqNo?: string;
}

/** @param sent the secret values of the request, which Tencent's message may repeat */
export function readEnvelope(json: JsonObject, sent: readonly string[]): Envelope {
  const { result, msg } = json;
  return {
    code: codeOf(json) ?? '',
    message: typeof msg === 'string' && msg !== '' ? redactVendorText(msg, sent) : undefined,
    bizSeqNo: bizSeqNoOf(json) ?? (isJsonObject(result) ? bizSeqNoOf(result) : undefined),
  };
}

/** It is shown as it is, so it must be digits, and more of them than a card number has. */
const BIZ_SEQ_NO = /^\d{20,64}$/;

function bizSeqNoOf({ bizSeqNo }: JsonObject): string | undefined {
  return typeof bizSeqNo === 'string' && BIZ_SEQ_NO.test(bizSeqNo) ? bizSeqNo : undefined;
}

const OPERATE_TIME = /^[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[ T](?:[01]\d|2[0-3])(?::[0-5]\d){2}$/;

/** Read `yyyy-MM-dd HH:mm:ss` in China time (+08:00, assumed: protocol.md section 3); undefined when unreadable. */
export function readChinaTime(value: unknown): Date | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  if (!OPERATE_TIME.test(text)) return undefined;
  const at = (start: number) => twoDigits(text, start);
  const [year, month, day] = [at(0) * 100 + at(2), at(5), at(8)];
  const midnight = chinaMidnightMs(year, month, day);
  // 31 February: a date that does not exist is unreadable.
  if (midnight >= chinaMidnightMs(year, month + 1, 1)) return undefined;
  return new Date(midnight + ((at(11) * 60 + at(14)) * 60 + at(17)) * 1_000);
}

/** Without a text for each number, which would take four times as long. */
function twoDigits(text: string, start: number): number {
  return text.charCodeAt(start) * 10 + text.charCodeAt(start + 1) - 11 * 0x30;
}

const TRANSACTION_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/;

/** `transactionTime` of a response: `yyyyMMddHHmmss`, China time (protocol.md section 3). */
export function transactionTimeOf({ transactionTime, result }: JsonObject): Date | undefined {
  const text = transactionTime ?? (isJsonObject(result) ? result['transactionTime'] : undefined);
  return readChinaTime(typeof text === 'string' && text.replace(TRANSACTION_TIME, '$1-$2-$3 $4:$5:$6'));
}

/** The least pause after "too frequent" (protocol.md section 6: after 2 s or more). */
const SPACED_RETRY_MS = 2_000;

export function vendorFailure(
  { code, message, bizSeqNo }: Envelope,
  vendorCodeOverrides: VendorCodeOverrides,
): BankCardOcrError {
  const rule = vendorCodeRule(code, vendorCodeOverrides);
  return new BankCardOcrError(rule.error, {
    message: `Tencent returned ${code}: ${rule.en}`,
    messageZh: `腾讯云返回 ${code}：${rule.zh}`,
    actor: rule.actor,
    retryable: rule.retry !== 'never',
    vendorCode: code,
    vendorMessage: message,
    bizSeqNo,
    ...(rule.retry === 'delayed' ? { retryAfterMs: SPACED_RETRY_MS } : {}),
  });
}

/** The error for a successful response that lacks what it must have; `retryable` when asking again ends nothing. */
export function malformedResponse(
  what: string,
  { code: vendorCode, message: vendorMessage, bizSeqNo }: Envelope,
  retryable: boolean,
): BankCardOcrError {
  const message = `Tencent returned success, but ${what}`;
  return new BankCardOcrError('RESPONSE_MALFORMED', { message, retryable, vendorCode, vendorMessage, bizSeqNo });
}

/** A longer TTL is not believed: no token or ticket of Tencent is valid for more than two hours. */
const LONGEST_LIFE_MS = 24 * 3_600_000;

/** Seconds, number or text. Unreadable means the documented TTL: the credentials exist, and ended the previous ones. */
export function readLifeMs(expireIn: unknown, documentedMs: number): number {
  const isText = typeof expireIn === 'string' && expireIn.trim() !== '';
  const seconds = isText ? Number(expireIn) : expireIn;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return documentedMs;
  return Math.min(seconds * 1_000, LONGEST_LIFE_MS);
}

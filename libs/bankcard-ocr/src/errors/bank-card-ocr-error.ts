import { types } from 'node:util';
import { type Actor, type BankCardOcrErrorCode, ERROR_TEXTS } from './error-codes.js';

/** What a {@link BankCardOcrError} is made of; the code's own facts and texts where they are left out. */
export type BankCardOcrErrorDetails = {
  readonly [Member in keyof ReturnType<typeof detailsOf>]?: ReturnType<typeof detailsOf>[Member] | undefined;
};

const BRAND = Symbol.for('nestjs-bankcard-ocr/error');

/** The base of every error thrown on purpose. Nothing in it, its `cause` or its stack is secret. */
export class BankCardOcrError extends Error {
  override name = 'BankCardOcrError';
  /** What went wrong; decide on this, not on the message. */
  readonly code: BankCardOcrErrorCode;
  /** The Chinese text beside the English `message`. */
  readonly messageZh: string;
  readonly retryable: boolean;
  // Declared, not defined: an error without such a value must not print it as undefined.
  /** How long to wait before that, in milliseconds, when it is known. */
  declare readonly retryAfterMs?: number;
  /** Tencent's `code`, as text. */
  declare readonly vendorCode?: string;
  /** Tencent's `msg`, with anything that looks like a secret or a card number removed. */
  declare readonly vendorMessage?: string;
  /** Tencent's serial number of the request: quote it to Tencent's support. */
  declare readonly bizSeqNo?: string;
  readonly actor: Actor;

  constructor(code: BankCardOcrErrorCode, details: BankCardOcrErrorDetails = {}) {
    const text = ERROR_TEXTS[code];
    super(details.message ?? text.en, details.cause === undefined ? undefined : { cause: details.cause });
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
    this.messageZh = details.messageZh ?? text.zh;
    this.retryable = details.retryable ?? text.retryable;
    this.actor = details.actor ?? text.actor;
    for (const name of ['retryAfterMs', 'vendorCode', 'vendorMessage', 'bizSeqNo'] as const) {
      if (details[name] !== undefined) Object.assign(this, { [name]: details[name] });
    }
  }
}

export function detailsOf(error: BankCardOcrError) {
  const { message, messageZh, actor, retryable, retryAfterMs, vendorCode, vendorMessage, bizSeqNo, cause } = error;
  return { message, messageZh, actor, retryable, retryAfterMs, vendorCode, vendorMessage, bizSeqNo, cause };
}

/** The caller has passed something wrong. The value itself is not repeated: it may identify a person. */
export function invalidArgument(message: string, messageZh?: string, cause?: unknown): BankCardOcrError {
  return new BankCardOcrError('INVALID_ARGUMENT', { message, messageZh, cause });
}

/** Whether `value` is an error of this library, also when two copies of the library are installed. */
export function isBankCardOcrError(value: unknown): value is BankCardOcrError {
  return types.isNativeError(value) && (value as { [BRAND]?: unknown })[BRAND] === true;
}

import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import type { QueryLimits, WarningPolicy } from '../../options/bankcard-ocr.options.js';
import { NUMBER_RULES, numberFromText, readNumber } from '../../options/number-options.js';
import { isUnset } from '../../options/unset.js';

/** How one recognition differs from the module's options. */
export interface RecognizeOptions extends Omit<QueryLimits, 'waitForPhotosMs'> {
  /**
   * 1 to 32 ASCII letters and digits, never used before. Give your own one when you may abort the call: the reason of
   * the signal does not tell which one was made.
   * @default createOrderNo()
   */
  readonly orderNo?: string | undefined;
  /** Whose card it is: 1 to 32 ASCII letters and digits. Sent to the vendor, not signed. @default none */
  readonly userId?: string | undefined;
  /** Milliseconds for sending the image and the whole answer. @default that of the module */
  readonly recognitionTimeoutMs?: number | undefined;
  /** What to do about the vendor's warnings. @default that of the module */
  readonly warningPolicy?: WarningPolicy | undefined;
  /** Ends the call; it then rejects with the signal's reason. The image may have been recognised all the same. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The time of one attempt: that of the call, or that of the module.
 *
 * @throws {@link BankCardOcrError} `INVALID_ARGUMENT`
 */
export function recognitionTimeoutOf(call: unknown, moduleMs: number): number {
  if (isUnset(call)) return moduleMs;
  const value = numberFromText(call);
  const rule = NUMBER_RULES.find(({ option }) => option === 'recognitionTimeoutMs');
  const wrong = rule && readNumber(value, rule);
  if (!wrong) return value as number;
  throw new BankCardOcrError('INVALID_ARGUMENT', {
    message: `recognitionTimeoutMs ${wrong.en}`,
    messageZh: `recognitionTimeoutMs ${wrong.zh}`,
  });
}

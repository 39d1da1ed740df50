import { Deadline } from '../call/deadline.js';
import { checkOrderNumber, checkUserId, createOrderNo } from '../call/order-number.js';
import { limitOf, limitsOf } from '../call/query-limits.js';
import type { RetryLimits } from '../call/retry.js';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { ImageType } from '../card/card-photo.js';
import { BankCardOcrError, detailsOf, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { QueryLimits, WarningPolicy } from '../options/bankcard-ocr.options.js';
import { isUnset } from '../options/option-values.js';
import type { OcrResultService } from '../results/ocr-result.service.js';
import { type OcrResultServiceOptions, retrySigned } from '../results/order-query.js';
import { cardFacts } from '../results/card-facts.js';
import { addRetention } from '../results/retention.js';
import { applyWarningPolicy, warningPolicyOf } from '../results/warning-policy.js';
import { observed } from '../telemetry/instrumentation.js';
import { isOutcomeUncertain, TransportError } from '../vendor/http/transport-error.js';
import type { RecognitionClient } from '../vendor/recognition.client.js';
import { type CardImageSource, isReadable, readImage } from './read-image.js';

interface RecognitionServiceOptions extends Omit<OcrResultServiceOptions, 'results'> {
  readonly recognitionTimeoutMs: number;
  readonly imageTypes: readonly ImageType[];
  readonly client: RecognitionClient;
  /** Queries an order whose response was lost. */
  readonly results: Pick<OcrResultService, 'query'>;
}

interface Recognition extends RetryLimits {
  readonly orderNo: string;
  readonly userId: string | undefined;
  readonly limits: Required<QueryLimits>;
  readonly timeoutMs: number;
  /** Whether Tencent may have recognized the image without a response that says so. */
  outcomeUnknown: boolean;
}

/** Has Tencent recognize a card on an image that the server has, without a phone SDK. */
export class RecognitionService {
  constructor(private readonly options: RecognitionServiceOptions) {}

  /**
   * Recognize the front of a card (bankcardocrapp). Every call is billed: an image that has left is sent again only
   * when Tencent rejected the credentials; after a lost response the order is queried.
   * @param image JPEG, PNG or BMP (`imageTypes`), at most 3 MB in Base64; read whole before anything is sent
   * @returns the card with the strip that shows the number; query the other photos by its order number
   * @throws {@link RecognitionError}; {@link CardRejectedError}; `INVALID_ARGUMENT`; an error of the caller's stream as
   *   it is, or the reason of `signal`
   */
  async recognize(image: CardImageSource, options: RecognizeOptions = {}): Promise<BankCardOcrResult> {
    try {
      return await observed(this.options.telemetry, 'recognize', () => this.#recognize(image, options), {
        signal: options.signal,
        facts: cardFacts,
      });
    } catch (error) {
      // The caller's stream is destroyed, however early the call has ended.
      if (isReadable(image)) image.destroy();
      throw error;
    }
  }

  async #recognize(image: CardImageSource, options: RecognizeOptions): Promise<BankCardOcrResult> {
    const { options: module } = this;
    const limits = limitsOf(options, module.limits);
    const timeoutMs = isUnset(options.recognitionTimeoutMs)
      ? module.recognitionTimeoutMs
      : limitOf('recognitionTimeoutMs', options.recognitionTimeoutMs);
    const policy = warningPolicyOf(options.warningPolicy, module.warningPolicy);
    const { orderNo = createOrderNo(), userId, signal } = options;
    checkOrderNumber(orderNo);
    const deadline = new Deadline(module.clock, limits.timeoutMs, signal);
    const call = { orderNo, timeoutMs, deadline, maxAttempts: limits.maxAttempts, mayRepeat: maySendAgain };
    const recognition: Recognition = { ...call, userId, limits, outcomeUnknown: false };
    try {
      if (userId !== undefined) checkUserId(userId);
      // Encoded once: what the caller does to its Buffer meanwhile changes nothing.
      const base64 = (await readImage(image, module.imageTypes, deadline)).toString('base64');
      const result = await this.#send(base64, recognition).catch(async (failure: unknown) => {
        const found = recognition.outcomeUnknown ? await this.#query(recognition) : undefined;
        if (!found) throw failure;
        return found;
      });
      // When the policy fails, the card can still be queried.
      recognition.outcomeUnknown = true;
      applyWarningPolicy(result, policy);
      return result;
    } catch (error) {
      if (!isBankCardOcrError(error) || error.code === 'CARD_REJECTED') throw error;
      throw new RecognitionError(orderNo, error, recognition.outcomeUnknown);
    } finally {
      deadline.close();
    }
  }

  #send(image: string, recognition: Recognition): Promise<BankCardOcrResult> {
    const { client, clock, assumedVendorRetentionMs } = this.options;
    // Not before: an attempt that waits for a connection in vain has sent nothing.
    const onSend = () => (recognition.outcomeUnknown = true);
    return retrySigned(this.options, recognition, async (request) => {
      try {
        const result = await client.recognize({ ...request, userId: recognition.userId, image, onSend });
        recognition.outcomeUnknown = false;
        const nowMs = clock.now();
        return addRetention(result, { assumedVendorRetentionMs, nowMs, recognizedAt: new Date(nowMs) });
      } catch (error) {
        recognition.outcomeUnknown &&= isOutcomeUncertain(error);
        throw error;
      }
    });
  }

  /** That a lost one can be queried is likely, not documented (section 1). @returns undefined when it stays unknown */
  async #query(recognition: Recognition): Promise<BankCardOcrResult | undefined> {
    const { orderNo, limits, deadline } = recognition;
    try {
      // The caller applies the policy. Photos as in the lost response, where they are not late.
      return await this.options.results.query(orderNo, {
        ...limits,
        timeoutMs: Math.max(deadline.remainingMs, 1),
        photos: true,
        waitForPhotosMs: 0,
        warningPolicy: 'report',
        signal: deadline.signal,
      });
    } catch (error) {
      deadline.throwIfCallerAborted();
      if (!isBankCardOcrError(error) || error.code !== 'CARD_UNREADABLE') return undefined;
      recognition.outcomeUnknown = false;
      throw error;
    }
  }
}

interface RecognizeOptions extends Omit<QueryLimits, 'waitForPhotosMs'> {
  /** 1 to 32 ASCII letters and digits, never used before; pass your own when you may abort. @default createOrderNo() */
  readonly orderNo?: string | undefined;
  /** Whose card it is: 1 to 32 ASCII letters and digits. Sent to Tencent, not signed. @default none */
  readonly userId?: string | undefined;
  /** Milliseconds for sending the image and receiving the response. @default that of the module */
  readonly recognitionTimeoutMs?: number | undefined;
  /** What to do about Tencent's warnings. @default that of the module */
  readonly warningPolicy?: WarningPolicy | undefined;
  /** Ends the call; it then rejects with the signal's reason. The image may have been recognized all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** A recognition failed; the order number is there, also when it was made for this call. */
export class RecognitionError extends BankCardOcrError {
  override name = 'RecognitionError';
  readonly orderNo: string;
  /** Whether the image may have been recognized, and billed, all the same: query the order before sending it again. */
  readonly outcomeUnknown: boolean;

  constructor(orderNo: string, failure: BankCardOcrError, outcomeUnknown: boolean) {
    const { code, message, messageZh, retryable } = failure;
    super(code, {
      ...detailsOf(failure),
      ...(outcomeUnknown && {
        message: `${message}; the image may have been recognized and billed under this order number: query it before sending again`,
        messageZh: `${messageZh}；图片可能已被识别并计费，重新发送前请先用该订单号查询`,
      }),
      // The same call again would be another recognition.
      retryable: retryable && !outcomeUnknown,
    });
    this.orderNo = orderNo;
    this.outcomeUnknown = outcomeUnknown;
  }
}

/** Only when nothing of the image has left, because a recognition is billed (protocol.md section 2). */
export function maySendAgain(error: unknown): boolean {
  if (error instanceof TransportError) return error.code === 'UNREACHABLE' && !error.maybeCarriedOut;
  return isBankCardOcrError(error) && error.code === 'NO_VALID_TICKET';
}

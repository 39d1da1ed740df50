import { Deadline } from '../call/deadline.js';
import { checkOrderNumber, createOrderNo } from '../call/order-number.js';
import { limitsOf } from '../call/query-limits.js';
import { retry } from '../call/retry.js';
import { checkUserId } from '../call/user-id.js';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { ImageType } from '../card/card-photo.js';
import type { TicketService } from '../credentials/ticket.service.js';
import { BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { Problem } from '../errors/configuration-error.js';
import type { VendorCodeOverrides } from '../errors/vendor-codes.js';
import type { QueryLimits, WarningPolicy } from '../options/bankcard-ocr.options.js';
import { OPTION_TABLE } from '../options/option-table.js';
import { isUnset } from '../options/option-values.js';
import type { OcrResultService } from '../results/ocr-result.service.js';
import { signedQuery } from '../results/order-query.js';
import { addRetention } from '../results/retention.js';
import { applyWarningPolicy, warningPolicyOf } from '../results/warning-policy.js';
import type { Clock } from '../runtime/clock.js';
import type { SignatureService } from '../signature/signature.service.js';
import { isOutcomeUncertain, TransportError } from '../vendor/http/transport-error.js';
import type { RecognitionClient } from '../vendor/recognition.client.js';
import { type CardImageSource, isReadable, readImage } from './read-image.js';

/** What a {@link RecognitionService} works with. */
interface RecognitionServiceOptions {
  readonly appId: string;
  readonly protocolVersion: string;
  readonly limits: Required<QueryLimits>;
  readonly recognitionTimeoutMs: number;
  readonly imageTypes: readonly ImageType[];
  readonly warningPolicy: WarningPolicy;
  readonly assumedVendorRetentionMs: number;
  readonly vendorCodeOverrides: VendorCodeOverrides;
  readonly tickets: TicketService;
  readonly signatures: SignatureService;
  readonly client: RecognitionClient;
  /** Looks an order up whose answer was lost. */
  readonly results: Pick<OcrResultService, 'query'>;
  readonly clock: Clock;
}

/** One image on its way. */
interface Sending {
  readonly orderNo: string;
  readonly userId: string | undefined;
  readonly image: CardImageSource;
  readonly limits: Required<QueryLimits>;
  readonly timeoutMs: number;
  readonly deadline: Deadline;
  /** Whether the vendor may have recognised the image, and nobody knows. */
  outcomeUnknown: boolean;
}

/** Has the vendor recognise a card on an image that the server has, without a phone SDK. */
export class RecognitionService {
  constructor(private readonly options: RecognitionServiceOptions) {}

  /**
   * Recognise the front of a card (bankcardocrapp). Every call is billed, so the image is not sent again once it has
   * left, except when the vendor rejected the credentials; after a lost answer the order is queried instead. `timeoutMs`
   * is for all of that, reading the image included; `recognitionTimeoutMs` for sending it and its answer.
   *
   * @param image JPEG, PNG or BMP (`imageTypes`), at most 3 MB in Base64; read whole before anything is sent
   * @returns the recognised card, with the strip that shows the number; the other photos can be queried by its order
   *   number
   * @throws {@link RecognitionError} with a typed `code` and the order number; {@link CardRejectedError} when the policy
   *   rejects a warning; {@link BankCardOcrError} `INVALID_ARGUMENT` when `options` are wrong; an error of the caller's
   *   stream as it is, or the reason of `signal`
   */
  async recognize(image: CardImageSource, options: RecognizeOptions = {}): Promise<BankCardOcrResult> {
    try {
      return await this.#checkAndRecognize(image, options);
    } catch (error) {
      // Whoever hands a stream in need not see to it any more, however early the call has ended.
      if (isReadable(image)) image.destroy();
      throw error;
    }
  }

  async #checkAndRecognize(image: CardImageSource, options: RecognizeOptions): Promise<BankCardOcrResult> {
    const limits = limitsOf(options, this.options.limits);
    const timeoutMs = recognitionTimeoutOf(options.recognitionTimeoutMs, this.options.recognitionTimeoutMs);
    const policy = warningPolicyOf(options.warningPolicy, this.options.warningPolicy);
    const { orderNo = createOrderNo(), userId, signal } = options;
    checkOrderNumber(orderNo);
    const deadline = new Deadline(this.options.clock, limits.timeoutMs, signal);
    const sending: Sending = { orderNo, userId, image, limits, timeoutMs, deadline, outcomeUnknown: false };
    try {
      if (userId !== undefined) checkUserId(userId);
      const result = await this.#recognize(sending);
      // A policy that cannot judge the card leaves it to a query to tell what was recognised.
      sending.outcomeUnknown = true;
      applyWarningPolicy(result, policy);
      return result;
    } catch (error) {
      if (!isBankCardOcrError(error) || error.code === 'CARD_REJECTED') throw error;
      throw new RecognitionError(orderNo, error, sending.outcomeUnknown);
    } finally {
      deadline.close();
    }
  }

  async #recognize(sending: Sending): Promise<BankCardOcrResult> {
    const { clock, imageTypes, assumedVendorRetentionMs } = this.options;
    // Encoded once: what the caller does to its Buffer meanwhile changes nothing.
    const base64 = (await readImage(sending.image, imageTypes, sending.deadline)).toString('base64');
    try {
      const result = await this.#send(base64, sending);
      const nowMs = clock.now();
      return addRetention(result, { assumedVendorRetentionMs, nowMs, recognizedAt: new Date(nowMs) });
    } catch (failure) {
      const found = sending.outcomeUnknown ? await this.#lookUp(sending) : undefined;
      if (!found) throw failure;
      sending.outcomeUnknown = false;
      return found;
    }
  }

  #send(image: string, sending: Sending): Promise<BankCardOcrResult> {
    const { orderNo, userId, limits, timeoutMs, deadline } = sending;
    return retry(
      async (credentials, attempt) => {
        const signed = signedQuery(this.options, orderNo, credentials);
        try {
          const result = await this.options.client.recognize({
            signed,
            userId,
            image,
            generation: credentials.generation,
            timeoutMs,
            cancellation: deadline,
            attempt,
            // Not before: who has waited for a connection in vain has sent nothing.
            onSend: () => (sending.outcomeUnknown = true),
          });
          sending.outcomeUnknown = false;
          return result;
        } catch (error) {
          sending.outcomeUnknown &&= isOutcomeUncertain(error);
          throw error;
        }
      },
      this.options,
      { deadline, maxAttempts: limits.maxAttempts, mayRepeat: maySendAgain },
    );
  }

  /**
   * Ask what became of an image whose answer was lost. That the result of a direct recognition can be queried is likely,
   * but not documented (protocol.md section 1): where it cannot, nothing is found.
   *
   * @returns undefined when that cannot be known
   * @throws {@link BankCardOcrError} `CARD_UNREADABLE` when the vendor says that there was nothing to recognise
   */
  async #lookUp(sending: Sending): Promise<BankCardOcrResult | undefined> {
    const { orderNo, limits, deadline } = sending;
    try {
      // The policy is applied by whoever called us. Photos as in the answer that was lost, where they are not late.
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
      sending.outcomeUnknown = false;
      throw error;
    }
  }
}

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
function recognitionTimeoutOf(call: unknown, moduleMs: number): number {
  if (isUnset(call)) return moduleMs;
  const value = OPTION_TABLE.recognitionTimeoutMs.read(call);
  if (!(value instanceof Problem)) return value;
  throw new BankCardOcrError('INVALID_ARGUMENT', {
    message: `recognitionTimeoutMs ${value.en}`,
    messageZh: `recognitionTimeoutMs ${value.zh}`,
  });
}

const ASK_FIRST = {
  en: 'the image may have been recognised and billed under this order number: query it before sending again',
  zh: '图片可能已被识别并计费，重新发送前请先用该订单号查询',
};

/** A recognition failed; the order number is there, also when it was made for this call. */
export class RecognitionError extends BankCardOcrError {
  override name = 'RecognitionError';
  readonly orderNo: string;
  /** Whether the image may have been recognised, and billed, all the same: query the order before sending it again. */
  readonly outcomeUnknown: boolean;

  constructor(orderNo: string, failure: BankCardOcrError, outcomeUnknown: boolean) {
    const { code, message, messageZh, actor, retryable, retryAfterMs, vendorCode, vendorMessage, bizSeqNo, cause } =
      failure;
    super(code, {
      message: outcomeUnknown ? `${message}; ${ASK_FIRST.en}` : message,
      messageZh: outcomeUnknown ? `${messageZh}；${ASK_FIRST.zh}` : messageZh,
      // The same call again would be another recognition.
      retryable: retryable && !outcomeUnknown,
      actor,
      retryAfterMs,
      vendorCode,
      vendorMessage,
      bizSeqNo,
      cause,
    });
    this.orderNo = orderNo;
    this.outcomeUnknown = outcomeUnknown;
  }
}

/**
 * Whether an image may be sent again after this failure: only when nothing of it has left; a gateway that answers "too
 * many" has had it. A recognition is billed, and
 * its order number is good for one (protocol.md section 2). Credentials that were rejected are another matter: that
 * answer says that nothing was recognised.
 */
export function maySendAgain(error: unknown): boolean {
  if (error instanceof TransportError) return error.code === 'UNREACHABLE' && !error.maybeCarriedOut;
  // There was nothing to sign it with.
  return isBankCardOcrError(error) && error.code === 'NO_VALID_TICKET';
}

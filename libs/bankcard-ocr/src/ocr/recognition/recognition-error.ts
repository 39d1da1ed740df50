import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';

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

import type { Actor } from './actor.js';
import type { BankCardOcrErrorCode } from './error-code.js';

export type { BankCardOcrErrorCode } from './error-code.js';

/** What a code says when the place that throws it has nothing better to say. */
export interface ErrorText {
  readonly en: string;
  readonly zh: string;
  readonly actor: Actor;
  readonly retryable: boolean;
}

/** The text of every {@link BankCardOcrErrorCode}, and who acts. */
export const ERROR_TEXTS: Readonly<Record<BankCardOcrErrorCode, ErrorText>> = {
  INVALID_ARGUMENT: { en: 'an argument is not valid', zh: '参数不合法', actor: 'developer', retryable: false },
  CONFIGURATION: { en: 'the configuration is wrong', zh: '配置有误', actor: 'developer', retryable: false },
  ORDER_NOT_FOUND: {
    en: 'the vendor has no result for this order number',
    zh: '查无此订单号的识别结果',
    actor: 'developer',
    retryable: true,
  },
  RESULT_GONE: {
    en: 'the vendor no longer keeps the result of this order',
    zh: '识别结果已超过保存期限',
    actor: 'developer',
    retryable: false,
  },
  CARD_REJECTED: {
    en: 'the card was recognised, but the warning policy rejects it',
    zh: '银行卡存在告警，不予接受',
    actor: 'end-user',
    retryable: false,
  },
  IMAGE_TYPE_NOT_ACCEPTED: {
    en: 'the image is of no type that is accepted (imageTypes)',
    zh: '不支持的图片格式 (imageTypes)',
    actor: 'end-user',
    retryable: false,
  },
  IMAGE_TOO_LARGE: {
    en: 'the image is larger than 3 MB in Base64, the limit of the vendor',
    zh: '图片 Base64 编码后超过 3 MB',
    actor: 'end-user',
    retryable: false,
  },
  PHOTO_DAMAGED: {
    en: 'the photo did not come as readable Base64',
    zh: '照片数据损坏',
    actor: 'vendor',
    retryable: true,
  },
  CARD_UNREADABLE: {
    en: 'the card could not be read: ask for a new photo',
    zh: '银行卡无法识别，请重新拍摄',
    actor: 'end-user',
    retryable: false,
  },
  RATE_LIMITED: { en: 'too many requests: slow down', zh: '请求过于频繁，请稍后重试', actor: 'us', retryable: true },
  ACCESS_DENIED: { en: 'the vendor denies access', zh: '没有访问权限', actor: 'developer', retryable: false },
  CREDENTIALS_REJECTED: {
    en: 'the vendor rejected the credentials or the signature',
    zh: '凭证或签名被拒绝',
    actor: 'developer',
    retryable: true,
  },
  NO_VALID_TICKET: {
    en: 'no valid SIGN ticket could be had',
    zh: '暂无可用的 SIGN ticket',
    actor: 'us',
    retryable: true,
  },
  VENDOR_FAULT: { en: 'the vendor reports a fault of its own', zh: '服务商系统异常', actor: 'vendor', retryable: true },
  VENDOR_CODE_UNKNOWN: {
    en: 'the vendor answered with a code that is not documented',
    zh: '服务商返回了未收录的错误码',
    actor: 'developer',
    retryable: false,
  },
  ANSWER_MALFORMED: {
    en: 'the answer is not what the vendor documents',
    zh: '服务商应答格式异常',
    actor: 'vendor',
    retryable: true,
  },
  ANSWER_TOO_LARGE: {
    en: 'the response is larger than maxAnswerBytes, or than 256 KiB besides photos',
    zh: '服务商响应超过 maxAnswerBytes，或除照片外超过 256 KiB',
    actor: 'developer',
    retryable: false,
  },
  UNREACHABLE: { en: 'the vendor could not be reached', zh: '无法连接服务商', actor: 'vendor', retryable: true },
  TIMEOUT: { en: 'the time limit was reached', zh: '请求超时', actor: 'vendor', retryable: true },
};

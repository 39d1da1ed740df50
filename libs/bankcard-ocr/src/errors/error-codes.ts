/** What codes say unless the error itself says more. */
function texts(actor: Actor, retryable: boolean) {
  return (en: string, zh: string) => ({ en, zh, actor, retryable });
}

const developer = texts('developer', false);
const business = texts('business', false);
const endUser = texts('end-user', false);
const later = texts('application', true);
const vendor = texts('vendor', true);
const developerOrLater = texts('developer', true);

/** Every way in which this library fails: the text of each, and who acts. docs/errors.md says when. */
export const ERROR_TEXTS = {
  INVALID_ARGUMENT: developer('an argument is not valid', '参数不合法'),
  CONFIGURATION: developer('the configuration is wrong', '配置有误'),
  ORDER_NOT_FOUND: developerOrLater('Tencent has no result for this order number', '查无此订单号的识别结果'),
  RESULT_GONE: developer('Tencent no longer keeps the result of this order', '识别结果已超过保存期限'),
  CARD_UNREADABLE: endUser('the card could not be read: ask for a new photo', '银行卡无法识别，请重新拍摄'),
  CARD_REJECTED: endUser('the card was recognized, but the warning policy rejects it', '银行卡存在告警，不予接受'),
  IMAGE_TYPE_NOT_ACCEPTED: endUser('the image is of no type that imageTypes accepts', '不支持的图片格式 (imageTypes)'),
  IMAGE_TOO_LARGE: endUser('the image is larger than 3 MB in Base64', '图片 Base64 编码后超过 3 MB'),
  PHOTO_DAMAGED: vendor('the photo did not come as readable Base64', '照片数据损坏'),
  RATE_LIMITED: later('too many requests: slow down', '请求过于频繁，请稍后重试'),
  ACCESS_DENIED: developer('Tencent denies access', '没有访问权限'),
  CREDENTIALS_REJECTED: developerOrLater('Tencent rejected the credentials or the signature', '凭证或签名被拒绝'),
  NO_VALID_TICKET: later('no valid SIGN ticket is available', '暂无可用的 SIGN ticket'),
  VENDOR_FAULT: vendor('Tencent reports a fault of its own', '腾讯云系统异常'),
  VENDOR_CODE_UNKNOWN: developer('Tencent returned an undocumented code', '腾讯云返回了未收录的错误码'),
  RESPONSE_MALFORMED: vendor('the response is not what Tencent documents', '腾讯云响应格式异常'),
  RESPONSE_TOO_LARGE: developer(
    'the response is larger than maxResponseBytes, or than 256 KiB besides photos',
    '腾讯云响应超过 maxResponseBytes，或除照片外超过 256 KiB',
  ),
  EVIDENCE_NOT_FOUND: developer('the archive does not have this order: keep it first', '存证档案中没有该订单'),
  EVIDENCE_INCOMPLETE: later(
    'the photos of the order have not come yet: keep it again in a few seconds',
    '该订单的照片尚未就绪，请稍后重试',
  ),
  EVIDENCE_RESTRICTED: business(
    'the order is restricted: it is stored and may not be read',
    '该订单已限制处理，不可读取',
  ),
  EVIDENCE_HELD: business('the order is under a legal hold and may not be erased', '该订单处于法律保全期，不可删除'),
  EVIDENCE_ERASED: business('the order was erased', '该订单的存证已删除'),
  EVIDENCE_DAMAGED: developer('the evidence was changed or is incomplete', '存证已被改动或不完整'),
  EVIDENCE_STORE_FAILED: later('the evidence store could not be reached, or refused', '存证存储无法访问，或拒绝请求'),
  TIMESTAMP_FAILED: later('the timestamp authority could not be reached, or refused', '时间戳机构无法访问，或拒绝请求'),
  UNREACHABLE: vendor('Tencent could not be reached', '无法连接腾讯云'),
  TIMEOUT: vendor('the time limit was reached', '请求超时'),
} as const;

/** Every way in which this library fails; a key of {@link ERROR_TEXTS}. */
export type BankCardOcrErrorCode = keyof typeof ERROR_TEXTS;

/** Who has to act so that the same thing succeeds: `application` is the library itself, by trying again later. */
export const ACTORS = ['application', 'developer', 'vendor', 'end-user', 'business'] as const;

/** One of {@link ACTORS}. */
export type Actor = (typeof ACTORS)[number];

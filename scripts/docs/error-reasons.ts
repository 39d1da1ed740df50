import type { Actor, BankCardOcrErrorCode } from '../../libs/bankcard-ocr/src/errors/error-codes.js';
import type { RetryRule } from '../../libs/bankcard-ocr/src/errors/vendor-codes.js';
import type { InBoth } from './page-language.js';

/** When each error is thrown, for docs/errors.md: the compiler misses the row of a new code. */
export const ERROR_REASONS: Readonly<Record<BankCardOcrErrorCode, InBoth>> = {
  INVALID_ARGUMENT: {
    en: 'An order number or a parameter is not allowed; a `warningPolicy` throws, or returns anything but `accept` and `reject`.',
    zh: '订单号或参数不合法；`warningPolicy` 函数抛错，或返回值不是 `accept`、`reject`。',
  },
  CONFIGURATION: {
    en: 'Options, app id or version are wrong; the client gets no details.',
    zh: '配置、app id 或版本号有误；不向客户端透露细节。',
  },
  ORDER_NOT_FOUND: {
    en: 'Tencent has no result for the order, or not yet.',
    zh: '腾讯云没有该订单的结果，或者还没写入。',
  },
  RESULT_GONE: {
    en: 'The card was recognized longer ago than `assumedVendorRetentionMs`.',
    zh: '识别时间早于 `assumedVendorRetentionMs`。',
  },
  CARD_UNREADABLE: {
    en: 'Not a card, blurred, covered: a new photo is needed.',
    zh: '不是银行卡、模糊、有遮挡：需要重新拍照。',
  },
  CARD_REJECTED: {
    en: '`warningPolicy` rejects the card; a `CardRejectedError`.',
    zh: '被 `warningPolicy` 拒绝；类型是 `CardRejectedError`。',
  },
  IMAGE_TYPE_NOT_ACCEPTED: {
    en: 'An image is none, or of a type that is not among `imageTypes`.',
    zh: '文件不是图片，或类型不在 `imageTypes` 里。',
  },
  IMAGE_TOO_LARGE: {
    en: 'An image has more than 3 MB in Base64, which are 2 359 296 bytes.',
    zh: '图片 Base64 编码后超过 3 MB（原图 2 359 296 字节）。',
  },
  PHOTO_DAMAGED: {
    en: '`photoOf()`, `requirePhoto()`: a photo is not readable Base64.',
    zh: '`photoOf()`、`requirePhoto()`：照片不是可读的 Base64。',
  },
  RATE_LIMITED: {
    en: "Over Tencent's limits, and pauses did not help; or a launch would have to wait too long.",
    zh: '超过腾讯云的限制，等待后重试仍然超限；或启动 SDK 要等太久。',
  },
  ACCESS_DENIED: {
    en: 'No privilege, or the contract has ended; the client gets no details.',
    zh: '没有权限或合同到期；不向客户端透露细节。',
  },
  CREDENTIALS_REJECTED: {
    en: 'Token, ticket or signature are refused, new ones too.',
    zh: 'token、ticket 或签名被拒，更换凭证后仍被拒。',
  },
  NO_VALID_TICKET: {
    en: 'No credentials could be obtained; `cause` says why.',
    zh: '无法取得可用的凭证，原因见 `cause`。',
  },
  VENDOR_FAULT: { en: 'Tencent reports a fault of its own.', zh: '腾讯云自身故障。' },
  VENDOR_CODE_UNKNOWN: {
    en: 'See `vendorCode`, and give it a row in `vendorCodeOverrides`.',
    zh: '看 `vendorCode`，可用 `vendorCodeOverrides` 登记。',
  },
  RESPONSE_MALFORMED: {
    en: "Not as documented, a photo twice, or another order's card.",
    zh: '响应不符合文档、照片重复，或返回了其他订单的卡。',
  },
  RESPONSE_TOO_LARGE: {
    en: 'The response is larger than `maxResponseBytes`; or, photos left aside, it has more than 256 KiB or 8192 values; or it comes in pieces of less than 64 bytes.',
    zh: '响应超过 `maxResponseBytes`；或除照片外超过 256 KiB、8192 个值；或被拆成不足 64 字节的小块。',
  },
  EVIDENCE_NOT_FOUND: { en: 'An archive does not have the order.', zh: '存证档案中没有该订单。' },
  EVIDENCE_INCOMPLETE: {
    en: 'The photos of an order that is to be kept have not come yet.',
    zh: '待存证订单的照片尚未就绪。',
  },
  EVIDENCE_RESTRICTED: {
    en: 'The order is stored and may not be read (PIPL art. 47).',
    zh: '订单已限制处理，不可读取（个人信息保护法第 47 条）。',
  },
  EVIDENCE_HELD: { en: 'The order is under a legal hold and may not be erased.', zh: '订单处于法律保全期，不可删除。' },
  EVIDENCE_ERASED: { en: 'The evidence of the order was erased.', zh: '该订单的存证已删除。' },
  EVIDENCE_DAMAGED: {
    en: 'Evidence was changed, or a part of it or its key is missing.',
    zh: '存证被改动，或部分内容、密钥缺失。',
  },
  EVIDENCE_STORE_FAILED: {
    en: 'The store of an archive cannot be reached, or refuses.',
    zh: '存证存储无法访问，或拒绝请求。',
  },
  TIMESTAMP_FAILED: {
    en: 'A timestamp authority cannot be reached, or refuses.',
    zh: '时间戳机构无法访问，或拒绝请求。',
  },
  UNREACHABLE: {
    en: 'No connection, or it broke; a proxy that opens no tunnel.',
    zh: '无法连接，或连接中断；代理拒绝建立隧道。',
  },
  TIMEOUT: {
    en: '`attemptTimeoutMs`, `recognitionTimeoutMs` or `timeoutMs` is over.',
    zh: '`attemptTimeoutMs` 等时限已到。',
  },
};

export const ACTOR_TEXTS: Readonly<Record<Actor, InBoth>> = {
  application: {
    en: 'The library did what it could, and may do the same later.',
    zh: '本模块已经尽力，稍后再试可能成功。',
  },
  developer: { en: 'The developer: configuration or request are wrong.', zh: '开发者：配置或请求有误。' },
  vendor: { en: 'Tencent.', zh: '腾讯云。' },
  'end-user': { en: 'The person with the card: a new photo, or a new attempt.', zh: '持卡人：重新拍照，或重新发起。' },
  business: { en: 'The business side: a contract.', zh: '业务方：合同问题。' },
};

export const RETRY_TEXTS: Readonly<Record<RetryRule, InBoth>> = {
  never: { en: 'Not at all: the cause has to be fixed first.', zh: '不重发，要有人先处理。' },
  'refresh-credentials': { en: 'Once, with newer credentials.', zh: '换新凭证后重发一次。' },
  backoff: {
    en: 'After a growing pause, while attempts and time last.',
    zh: '等待后重发，间隔逐次加长，直到次数或时间用完。',
  },
  once: {
    en: 'Once more after a short pause; longer with `waitForResultMs`.',
    zh: '稍等后再查一次；设了 `waitForResultMs` 就等得更久。',
  },
  delayed: { en: 'After two seconds or more.', zh: '至少两秒后重发。' },
};

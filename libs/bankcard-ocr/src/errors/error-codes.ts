/** What a code says unless the error itself says more. */
interface ErrorText {
  readonly en: string;
  readonly zh: string;
  readonly actor: Actor;
  readonly retryable: boolean;
}

const final = (actor: Actor, en: string, zh: string): ErrorText => ({ en, zh, actor, retryable: false });
const retryable = (actor: Actor, en: string, zh: string): ErrorText => ({ en, zh, actor, retryable: true });

/** Every way in which this library fails, and when; the text of each, and who acts. */
export const ERROR_TEXTS = {
  /**
   * An order number or a parameter is not allowed; a `warningPolicy` throws, or returns anything but `accept` and
   * `reject`.
   *
   * 订单号或参数不合法；`warningPolicy` 函数抛错，或返回值不是 `accept`、`reject`。
   */
  INVALID_ARGUMENT: final('developer', 'an argument is not valid', '参数不合法'),
  /** Options, app id or version are wrong; the client gets no details. | 配置、app id 或版本号有误；不向客户端透露细节。 */
  CONFIGURATION: final('developer', 'the configuration is wrong', '配置有误'),
  /** Tencent has no result for the order, or not yet. | 腾讯云没有该订单的结果，或者还没写入。 */
  ORDER_NOT_FOUND: retryable('developer', 'Tencent has no result for this order number', '查无此订单号的识别结果'),
  /** The card was recognized longer ago than `assumedVendorRetentionMs`. | 识别时间早于 `assumedVendorRetentionMs`。 */
  RESULT_GONE: final('developer', 'Tencent no longer keeps the result of this order', '识别结果已超过保存期限'),
  /** Not a card, blurred, covered: a new photo is needed. | 不是银行卡、模糊、有遮挡：需要重新拍照。 */
  CARD_UNREADABLE: final('end-user', 'the card could not be read: ask for a new photo', '银行卡无法识别，请重新拍摄'),
  /** `warningPolicy` rejects the card; a `CardRejectedError`. | 被 `warningPolicy` 拒绝；类型是 `CardRejectedError`。 */
  CARD_REJECTED: final(
    'end-user',
    'the card was recognized, but the warning policy rejects it',
    '银行卡存在告警，不予接受',
  ),
  /** An image is none, or of a type that is not among `imageTypes`. | 文件不是图片，或类型不在 `imageTypes` 里。 */
  IMAGE_TYPE_NOT_ACCEPTED: final(
    'end-user',
    'the image is of no type that imageTypes accepts',
    '不支持的图片格式 (imageTypes)',
  ),
  /** An image has more than 3 MB in Base64, which are 2 359 296 bytes. | 图片 Base64 编码后超过 3 MB（原图 2 359 296 字节）。 */
  IMAGE_TOO_LARGE: final('end-user', 'the image is larger than 3 MB in Base64', '图片 Base64 编码后超过 3 MB'),
  /** `photoOf()`, `requirePhoto()`: a photo is not readable Base64. | `photoOf()`、`requirePhoto()`：照片不是可读的 Base64。 */
  PHOTO_DAMAGED: retryable('vendor', 'the photo did not come as readable Base64', '照片数据损坏'),
  /**
   * Over Tencent's limits, and pauses did not help; or a launch would have to wait too long.
   *
   * 超过腾讯云的限制，等待后重试仍然超限；或启动 SDK 要等太久。
   */
  RATE_LIMITED: retryable('application', 'too many requests: slow down', '请求过于频繁，请稍后重试'),
  /** No privilege, or the contract has ended; the client gets no details. | 没有权限或合同到期；不向客户端透露细节。 */
  ACCESS_DENIED: final('developer', 'Tencent denies access', '没有访问权限'),
  /** Token, ticket or signature are refused, new ones too. | token、ticket 或签名被拒，更换凭证后仍被拒。 */
  CREDENTIALS_REJECTED: retryable('developer', 'Tencent rejected the credentials or the signature', '凭证或签名被拒绝'),
  /** No credentials could be obtained; `cause` says why. | 无法取得可用的凭证，原因见 `cause`。 */
  NO_VALID_TICKET: retryable('application', 'no valid SIGN ticket is available', '暂无可用的 SIGN ticket'),
  /** Tencent reports a fault of its own. | 腾讯云自身故障。 */
  VENDOR_FAULT: retryable('vendor', 'Tencent reports a fault of its own', '腾讯云系统异常'),
  /** See `vendorCode`, and give it a row in `vendorCodeOverrides`. | 看 `vendorCode`，可用 `vendorCodeOverrides` 登记。 */
  VENDOR_CODE_UNKNOWN: final('developer', 'Tencent returned an undocumented code', '腾讯云返回了未收录的错误码'),
  /** Not as documented, a photo twice, or another order's card. | 响应不符合文档、照片重复，或返回了其他订单的卡。 */
  RESPONSE_MALFORMED: retryable('vendor', 'the response is not what Tencent documents', '腾讯云响应格式异常'),
  /**
   * The response is larger than `maxResponseBytes`; or, photos left aside, it has more than 256 KiB or 8192 values;
   * or it comes in pieces of less than 64 bytes.
   *
   * 响应超过 `maxResponseBytes`；或除照片外超过 256 KiB、8192 个值；或被拆成不足 64 字节的小块。
   */
  RESPONSE_TOO_LARGE: final(
    'developer',
    'the response is larger than maxResponseBytes, or than 256 KiB besides photos',
    '腾讯云响应超过 maxResponseBytes，或除照片外超过 256 KiB',
  ),
  /** An archive does not have the order. | 存证档案中没有该订单。 */
  EVIDENCE_NOT_FOUND: final('developer', 'the archive does not have this order: keep it first', '存证档案中没有该订单'),
  /** The photos of an order that is to be kept have not come yet. | 待存证订单的照片尚未就绪。 */
  EVIDENCE_INCOMPLETE: retryable(
    'application',
    'the photos of the order have not come yet: keep it again in a few seconds',
    '该订单的照片尚未就绪，请稍后重试',
  ),
  /** The order is stored and may not be read (PIPL art. 47). | 订单已限制处理，不可读取（个人信息保护法第 47 条）。 */
  EVIDENCE_RESTRICTED: final(
    'business',
    'the order is restricted: it is stored and may not be read',
    '该订单已限制处理，不可读取',
  ),
  /** The order is under a legal hold and may not be erased. | 订单处于法律保全期，不可删除。 */
  EVIDENCE_HELD: final(
    'business',
    'the order is under a legal hold and may not be erased',
    '该订单处于法律保全期，不可删除',
  ),
  /** The evidence of the order was erased. | 该订单的存证已删除。 */
  EVIDENCE_ERASED: final('business', 'the order was erased', '该订单的存证已删除'),
  /** Evidence was changed, or a part of it or its key is missing. | 存证被改动，或部分内容、密钥缺失。 */
  EVIDENCE_DAMAGED: final('developer', 'the evidence was changed or is incomplete', '存证已被改动或不完整'),
  /** The store of an archive cannot be reached, or refuses. | 存证存储无法访问，或拒绝请求。 */
  EVIDENCE_STORE_FAILED: retryable(
    'application',
    'the evidence store could not be reached, or refused',
    '存证存储无法访问，或拒绝请求',
  ),
  /** A timestamp authority cannot be reached, or refuses. | 时间戳机构无法访问，或拒绝请求。 */
  TIMESTAMP_FAILED: retryable(
    'application',
    'the timestamp authority could not be reached, or refused',
    '时间戳机构无法访问，或拒绝请求',
  ),
  /** No connection, or it broke; a proxy that opens no tunnel. | 无法连接，或连接中断；代理拒绝建立隧道。 */
  UNREACHABLE: retryable('vendor', 'Tencent could not be reached', '无法连接腾讯云'),
  /** `attemptTimeoutMs`, `recognitionTimeoutMs` or `timeoutMs` is over. | `attemptTimeoutMs` 等时限已到。 */
  TIMEOUT: retryable('vendor', 'the time limit was reached', '请求超时'),
} as const satisfies Readonly<Record<string, ErrorText>>;

/** Every way in which this library fails; a key of {@link ERROR_TEXTS}. */
export type BankCardOcrErrorCode = keyof typeof ERROR_TEXTS;

/** Who has to act so that the same thing succeeds. */
export const ACTORS = [
  /** The library did what it could, and may do the same later. | 本模块已经尽力，稍后再试可能成功。 */
  'application',
  /** The developer: configuration or request are wrong. | 开发者：配置或请求有误。 */
  'developer',
  /** Tencent. | 腾讯云。 */
  'vendor',
  /** The person with the card: a new photo, or a new attempt. | 持卡人：重新拍照，或重新发起。 */
  'end-user',
  /** The business side: a contract. | 业务方：合同问题。 */
  'business',
] as const;

/** One of {@link ACTORS}. */
export type Actor = (typeof ACTORS)[number];

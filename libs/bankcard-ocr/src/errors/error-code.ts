/** Every way in which this library fails, and when. */
export type BankCardOcrErrorCode =
  /**
   * An order number or a parameter is not allowed; a `warningPolicy` throws, or answers anything but `accept` and
   * `reject`.
   *
   * 订单号或参数不合法；`warningPolicy` 函数抛错，或返回值不是 `accept`、`reject`。
   */
  | 'INVALID_ARGUMENT'
  /**
   * Options, app id or version are wrong; the client gets no details.
   *
   * 配置、app id 或版本号有误；不向客户端透露细节。
   */
  | 'CONFIGURATION'
  /**
   * The vendor has no result for the order, or not yet.
   *
   * 服务商没有该订单的结果，或者还没写入。
   */
  | 'ORDER_NOT_FOUND'
  /**
   * The vendor no longer keeps the result, or its photos: the card was recognised longer ago than `retentionMs`.
   *
   * 识别时间早于 `retentionMs`，服务商已不再保留结果或照片。
   */
  | 'RESULT_GONE'
  /**
   * Not a card, blurred, covered: a new photo is needed.
   *
   * 不是银行卡、模糊、有遮挡：需要重新拍照。
   */
  | 'CARD_UNREADABLE'
  /**
   * The card was recognised, and `warningPolicy` rejects it; a `CardRejectedError`.
   *
   * 卡识别成功，但被 `warningPolicy` 拒绝；类型是 `CardRejectedError`。
   */
  | 'CARD_REJECTED'
  /**
   * An image for recognition is none, or of a type that is not among `imageTypes`.
   *
   * 待识别的文件不是图片，或类型不在 `imageTypes` 里。
   */
  | 'IMAGE_TYPE_NOT_ACCEPTED'
  /**
   * An image for recognition has more than 3 MB in Base64, which are 2 359 296 bytes.
   *
   * 待识别的图片 Base64 编码后超过 3 MB（原图 2 359 296 字节）。
   */
  | 'IMAGE_TOO_LARGE'
  /**
   * A photo came, but not as readable Base64: `photoOf()` and `requirePhoto()` throw it.
   *
   * 照片到了，但不是可读的 Base64；由 `photoOf()` 和 `requirePhoto()` 抛出。
   */
  | 'PHOTO_DAMAGED'
  /**
   * Over the vendor's limits, and pauses did not help; or a launch would have to wait too long.
   *
   * 超过服务商的限制，等待后重试仍然超限；或启动 SDK 要等太久。
   */
  | 'RATE_LIMITED'
  /**
   * No privilege, or the contract has ended; the client gets no details.
   *
   * 没有权限或合同到期；不向客户端透露细节。
   */
  | 'ACCESS_DENIED'
  /**
   * Token, ticket or signature are refused, with new credentials too.
   *
   * token、ticket 或签名被拒，换了新凭证也不行。
   */
  | 'CREDENTIALS_REJECTED'
  /**
   * No credentials could be had; `cause` says why.
   *
   * 拿不到可用的凭证，原因见 `cause`。
   */
  | 'NO_VALID_TICKET'
  /**
   * The vendor reports a fault of its own.
   *
   * 服务商自身故障。
   */
  | 'VENDOR_FAULT'
  /**
   * A code in no document: see `vendorCode`, and give it a row in `codeRules`.
   *
   * 文档里没有的错误码：看 `vendorCode`，可用 `codeRules` 登记。
   */
  | 'VENDOR_CODE_UNKNOWN'
  /**
   * Not what is documented, the same photo twice, or the card of another order.
   *
   * 响应不符合文档、同一张照片出现两次，或返回了别的订单的卡。
   */
  | 'ANSWER_MALFORMED'
  /**
   * The response is larger than `maxAnswerBytes`; or, photos left aside, it has more than 256 KiB, 32 levels or 8192 values;
   * or it comes in pieces of less than 64 bytes.
   *
   * 响应超过 `maxAnswerBytes`；或除照片外超过 256 KiB、32 层、8192 个值；或被拆成不足 64 字节的小块。
   */
  | 'ANSWER_TOO_LARGE'
  /**
   * No connection, or it broke; a proxy that opens no tunnel.
   *
   * 连不上，或连接中断；代理不肯建立隧道。
   */
  | 'UNREACHABLE'
  /**
   * No answer within `attemptTimeoutMs`, `recognitionTimeoutMs` or `timeoutMs`.
   *
   * `attemptTimeoutMs`、`recognitionTimeoutMs` 或 `timeoutMs` 内没有响应。
   */
  | 'TIMEOUT';

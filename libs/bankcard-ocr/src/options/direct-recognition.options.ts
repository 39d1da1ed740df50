import type { ImageType } from '../card/media-type.js';

/** How the app id is spelled in the body of direct recognition (protocol.md section 2). */
export type RecognitionAppIdField = 'appId' | 'webankAppId';

/** How images are sent to recognition. */
export interface DirectRecognitionOptions {
  /**
   * The host that images are sent to.
   *
   * 图片发往哪个地址。
   * @default `https://ida.webank.com` beside idasc.webank.com, else `baseUrl`
   * @defaultZh 用 idasc.webank.com 时为 `https://ida.webank.com`，否则同 `baseUrl`
   * @env BANKCARD_OCR_RECOGNITION_BASE_URL
   */
  readonly recognitionBaseUrl?: string | undefined;
  /**
   * The app id's name in the body.
   *
   * 请求体里 app id 的字段名。
   * @default `appId` on kyc1.qcloud.com, else `webankAppId`
   * @defaultZh kyc1.qcloud.com 为 `appId`，其他为 `webankAppId`
   */
  readonly recognitionAppIdField?: RecognitionAppIdField | undefined;
  /**
   * Milliseconds to send one image and read the whole answer; longer than `attemptTimeoutMs`, as an image
   * that has left is not sent again.
   *
   * 发送一张图片并读完响应的时限；发出去的图片不会重发，所以比 `attemptTimeoutMs` 长。
   * @default 10000
   */
  readonly recognitionTimeoutMs?: number | undefined;
  /**
   * The media types that are sent, told by their first bytes; GIF and WebP are recognised too.
   *
   * 允许发送的图片类型（媒体类型），按文件头判断；GIF 和 WebP 也能认出来。
   * @default ['image/jpeg', 'image/png', 'image/bmp']
   */
  readonly imageTypes?: readonly ImageType[] | undefined;
}

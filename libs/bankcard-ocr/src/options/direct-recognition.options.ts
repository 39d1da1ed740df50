import type { ImageType } from '../card/card-photo.js';
import { Problem } from '../errors/configuration-error.js';
import { type BaseUrl, readBaseUrl } from './base-url.js';
import type { VendorOptions } from './vendor.options.js';

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

/** The oldest family of hosts has a host of its own for recognition (protocol.md section 1). */
const RECOGNITION_HOSTS: ReadonlyMap<string, string> = new Map([['idasc.webank.com', 'https://ida.webank.com']]);
/** The hosts whose body calls the app id `appId` (protocol.md section 2). */
const HOSTS_WITH_APP_ID: ReadonlySet<string> = new Set(['kyc1.qcloud.com']);

/** Where an image is sent for recognition, and how the app id is called there. */
interface RecognitionOptions {
  /** Or what is wrong. */
  readonly baseUrl: BaseUrl | Problem;
  readonly appIdField: RecognitionAppIdField;
}

/**
 * Find the host that belongs to the one that results are queried from.
 *
 * @param baseUrl of the queries; a problem when that one is wrong, which is reported elsewhere
 */
export function resolveRecognition(
  {
    recognitionBaseUrl,
    recognitionAppIdField,
    allowInsecureHttp = false,
  }: Pick<
    DirectRecognitionOptions & VendorOptions,
    'recognitionBaseUrl' | 'recognitionAppIdField' | 'allowInsecureHttp'
  >,
  baseUrl: BaseUrl | Problem,
): RecognitionOptions {
  const ownHost = baseUrl instanceof Problem ? undefined : RECOGNITION_HOSTS.get(baseUrl.host);
  const named = recognitionBaseUrl ?? ownHost;
  const found = named === undefined ? baseUrl : readBaseUrl(named, allowInsecureHttp);
  const host = found instanceof Problem ? '' : found.host;
  const appIdField = recognitionAppIdField ?? (HOSTS_WITH_APP_ID.has(host) ? 'appId' : 'webankAppId');
  return { baseUrl: found, appIdField };
}

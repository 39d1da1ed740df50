import type { ImageType } from '../card/card-photo.js';
import { Problem } from '../errors/configuration-error.js';
import { checkChoice, type UncheckedOptions } from './option-values.js';
import { type BaseUrl, readBaseUrl } from './vendor.options.js';

/** How the app id is spelled in the body of direct recognition (protocol.md section 2). */
export type RecognitionAppIdField = 'appId' | 'webankAppId';

/** How images are sent to recognition. */
export interface DirectRecognitionOptions {
  /**
   * The host that images are sent to.
   * 图片发往哪个地址。
   * @default `https://ida.webank.com` beside idasc.webank.com, else `baseUrl`
   * @defaultZh 用 idasc.webank.com 时为 `https://ida.webank.com`，否则同 `baseUrl`
   * @env BANKCARD_OCR_RECOGNITION_BASE_URL
   */
  readonly recognitionBaseUrl?: string | undefined;
  /**
   * The app id's name in the body.
   * 请求体里 app id 的字段名。
   * @default `appId` on kyc1.qcloud.com, else `webankAppId`
   * @defaultZh kyc1.qcloud.com 为 `appId`，其他为 `webankAppId`
   */
  readonly recognitionAppIdField?: RecognitionAppIdField | undefined;
  /**
   * Milliseconds to send one image and read the whole response; longer than `attemptTimeoutMs`, as an image
   * that has left is not sent again.
   * 发送一张图片并读完响应的时限；发出去的图片不会重发，所以比 `attemptTimeoutMs` 长。
   * @default 10000
   */
  readonly recognitionTimeoutMs?: number | undefined;
  /**
   * The media types that are sent, told by their first bytes; GIF and WebP are recognised too.
   * 允许发送的图片类型（媒体类型），按文件头判断；GIF 和 WebP 也能认出来。
   * @default ['image/jpeg', 'image/png', 'image/bmp']
   */
  readonly imageTypes?: readonly ImageType[] | undefined;
}

/** The oldest family of hosts has a host of its own for recognition (protocol.md section 1). */
const RECOGNITION_HOSTS: ReadonlyMap<string, string> = new Map([['idasc.webank.com', 'https://ida.webank.com']]);
/** The hosts whose body calls the app id `appId` (protocol.md section 2). */
const HOSTS_WITH_APP_ID: ReadonlySet<string> = new Set(['kyc1.qcloud.com']);

/** By default the host that belongs to the one that results are queried from. */
export function readRecognitionBaseUrl(value: unknown, options: UncheckedOptions): BaseUrl | Problem | Problem[] {
  if (value !== undefined) return readBaseUrl(value, options);
  const baseUrl = readBaseUrl(options['baseUrl'], options);
  // Already reported for `baseUrl`.
  if (baseUrl instanceof Problem) return [];
  const own = RECOGNITION_HOSTS.get(baseUrl.host);
  return own === undefined ? baseUrl : readBaseUrl(own, options);
}

/** By default what the host of recognition expects. */
export function readRecognitionAppIdField(value: unknown, options: UncheckedOptions): RecognitionAppIdField | Problem {
  if (value !== undefined) return checkChoice(value, ['appId', 'webankAppId']) ?? (value as RecognitionAppIdField);
  const host = readRecognitionBaseUrl(options['recognitionBaseUrl'], options);
  return 'host' in host && HOSTS_WITH_APP_ID.has(host.host) ? 'appId' : 'webankAppId';
}

const IMAGE_TYPES: readonly unknown[] = ['image/jpeg', 'image/png', 'image/bmp', 'image/gif', 'image/webp'];

export function readImageTypes(value: unknown): readonly ImageType[] | Problem {
  if (Array.isArray(value) && value.length > 0 && value.every((type) => IMAGE_TYPES.includes(type))) return value;
  const names = IMAGE_TYPES.join(', ');
  return new Problem(`must be a list of some of ${names}`, `必须是数组，取值为 ${names} 中的若干项`);
}

import type { ImageType } from '../card/card-photo.js';
import { Problem } from '../errors/configuration-error.js';

/** How images are sent to recognition. */
export interface DirectRecognitionOptions {
  /**
   * The host that images are sent to.
   * 图片发往哪个地址。
   * @default `https://ida.webank.com` beside idasc.webank.com, else `baseUrl`
   * @defaultZh 用 idasc.webank.com 时为 `https://ida.webank.com`，否则同 `baseUrl`
   */
  readonly recognitionBaseUrl?: string | undefined;
  /**
   * Milliseconds to send one image and read the whole response; longer than `attemptTimeoutMs`, as an image
   * that has left is not sent again.
   * 发送一张图片并读完响应的时限；发出去的图片不会重发，所以比 `attemptTimeoutMs` 长。
   * @default 10000
   */
  readonly recognitionTimeoutMs?: number | undefined;
  /**
   * The media types that are sent, detected by their first bytes; GIF and WebP are recognized too.
   * 允许发送的图片类型（媒体类型），按文件头判断；GIF 和 WebP 也能认出来。
   * @default ['image/jpeg', 'image/png', 'image/bmp']
   */
  readonly imageTypes?: readonly ImageType[] | undefined;
}

const IMAGE_TYPES: readonly unknown[] = ['image/jpeg', 'image/png', 'image/bmp', 'image/gif', 'image/webp'];

export function readImageTypes(value: unknown): readonly ImageType[] | Problem {
  if (Array.isArray(value) && value.length > 0 && value.every((type) => IMAGE_TYPES.includes(type))) return value;
  const names = IMAGE_TYPES.join(', ');
  return new Problem(`must be a list of some of ${names}`, `必须是数组，取值为 ${names} 中的若干项`);
}

import type { CardWarning } from '../card/bank-card-ocr-result.js';
import type { ImageType } from '../card/card-photo.js';
import { Problem } from '../errors/configuration-error.js';
import type { VendorCodeOverrides } from '../errors/vendor-codes.js';
import { type Clock, SystemClock } from '../runtime/clock.js';
import type { TelemetrySubscriber } from '../telemetry/instrumentation.js';
import type { CredentialOptions } from './credential.options.js';
import type { TransportOptions } from './transport.options.js';
import type { VendorOptions } from './vendor.options.js';

/** Time limits and attempts of a query: for all queries as options of the module, for one as options of the call. */
export interface QueryLimits {
  /**
   * Milliseconds for a whole call: waiting for a ticket and a connection, every attempt, every backoff, late photos,
   * and a sink that takes its time.
   * @default 15000
   */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds for one request and its whole response, without the time that a sink takes. @default 5000 */
  readonly attemptTimeoutMs?: number | undefined;
  /** How many times a query is sent at most; a repetition with new credentials does not count. @default 3 */
  readonly maxAttempts?: number | undefined;
  /** Milliseconds to keep polling while none of the photos has come; 0 queries once. @default 3000 */
  readonly waitForPhotosMs?: number | undefined;
  /**
   * Milliseconds to keep polling while Tencent has no result for the order; 0 polls once more, after half a second.
   * @default 0
   */
  readonly waitForResultMs?: number | undefined;
}

/** What to do about warnings; a function is called with each of them. */
export type WarningPolicy = 'report' | 'strict' | ((warning: CardWarning) => 'accept' | 'reject');

/** How results are treated. */
interface CardOptions {
  /**
   * What to do about Tencent's warnings: `report` returns them with the card, `strict` rejects photocopies, photos
   * of a screen and expired cards, a function decides about each. Tencent itself lets every one of them pass.
   * @default 'report'
   */
  readonly warningPolicy?: WarningPolicy | undefined;
  /**
   * Milliseconds that Tencent keeps results and photos. An assumption: three days are documented for the face
   * product only (protocol.md section 5).
   * @default 259200000
   */
  readonly assumedVendorRetentionMs?: number | undefined;
  /** Replaces rows of the table of vendor codes, or parts of rows; the keys are Tencent's codes. @default none */
  readonly vendorCodeOverrides?: VendorCodeOverrides | undefined;
}

/** How images are sent to recognition. */
interface DirectRecognitionOptions {
  /** The host that images are sent to. @default `https://ida.webank.com` beside idasc.webank.com, else `baseUrl` */
  readonly recognitionBaseUrl?: string | undefined;
  /**
   * Milliseconds to send one image and read the whole response; longer than `attemptTimeoutMs`, as an image
   * that has left is not sent again.
   * @default 10000
   */
  readonly recognitionTimeoutMs?: number | undefined;
  /**
   * The media types that are sent, detected by their first bytes; GIF and WebP are recognized too.
   * @default ['image/jpeg', 'image/png', 'image/bmp']
   */
  readonly imageTypes?: readonly ImageType[] | undefined;
}

/** The options of `BankCardOcrModule`. Durations are milliseconds; a number is more than 0 unless it says otherwise. */
export interface BankCardOcrOptions
  extends VendorOptions, CredentialOptions, QueryLimits, TransportOptions, CardOptions, DirectRecognitionOptions {
  /** Another source of time, for tests. @default the machine's clocks */
  readonly clock?: Clock | undefined;
  /**
   * Where spans and metrics go: `openTelemetry()` of `nestjs-bankcard-ocr/telemetry`, or several in a list.
   * @default none
   */
  readonly telemetry?: TelemetrySubscriber | readonly TelemetrySubscriber[] | undefined;
}

export function readTelemetry(value: unknown): readonly TelemetrySubscriber[] | Problem {
  const subscribers: readonly unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (subscribers.every((one) => typeof one === 'object' && one !== null)) return subscribers;
  return new Problem(
    'must be openTelemetry() of nestjs-bankcard-ocr/telemetry, or a list of subscribers',
    '必须是 nestjs-bankcard-ocr/telemetry 的 openTelemetry()，或由订阅者组成的数组',
  );
}

export function readClock(value: unknown): Clock | Problem {
  if (value === undefined) return new SystemClock();
  const clock = value as Partial<Record<string, unknown>> | null;
  if (['now', 'monotonic', 'setTimer'].every((method) => typeof clock?.[method] === 'function')) return value as Clock;
  return new Problem(
    'must have now(), monotonic() and setTimer(): leave it out, but for tests',
    '必须有 now()、monotonic() 和 setTimer()：除测试外不要设置',
  );
}

export function readWarningPolicy(value: unknown): WarningPolicy | Problem {
  if (value === 'report' || value === 'strict' || typeof value === 'function') return value as WarningPolicy;
  return new Problem(
    "must be 'report', 'strict', or a function that is given a warning and returns 'accept' or 'reject'",
    "必须是 'report'、'strict'，或一个函数：参数是一条告警，返回 'accept' 或 'reject'",
  );
}

const IMAGE_TYPES: readonly unknown[] = ['image/jpeg', 'image/png', 'image/bmp', 'image/gif', 'image/webp'];

export function readImageTypes(value: unknown): readonly ImageType[] | Problem {
  if (Array.isArray(value) && value.length > 0 && value.every((type) => IMAGE_TYPES.includes(type))) return value;
  const names = IMAGE_TYPES.join(', ');
  return new Problem(`must be a list of some of ${names}`, `必须是数组，取值为 ${names} 中的若干项`);
}

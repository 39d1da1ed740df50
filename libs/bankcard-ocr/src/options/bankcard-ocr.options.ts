import { Problem } from '../errors/configuration-error.js';
import { type Clock, SystemClock } from '../runtime/clock.js';
import type { CardOptions } from './card.options.js';
import type { CredentialOptions } from './credential.options.js';
import type { DirectRecognitionOptions } from './direct-recognition.options.js';
import type { TransportOptions } from './transport.options.js';
import type { VendorOptions } from './vendor.options.js';

export type { WarningPolicy } from './card.options.js';
export type { TransportKind } from './transport.options.js';
export type { VendorPaths } from './vendor.options.js';

/** Time limits and attempts of a query: for all queries as options of the module, for one as options of the call. */
export interface QueryLimits {
  /**
   * Milliseconds for a whole call: waiting for a ticket and a connection, every attempt, every backoff, late photos,
   * and a sink that takes its time.
   * 一次调用的总时限：等 ticket、等连接、各次尝试、间隔、等照片、写照片所花的时间都算。
   * @default 15000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Milliseconds for one request and its whole response, without the time that a sink takes.
   * 单个请求的时限，含读完响应，不含写照片所花的时间。
   * @default 5000
   */
  readonly attemptTimeoutMs?: number | undefined;
  /**
   * How many times a query is sent at most; a repetition with new credentials does not count.
   * 一次查询最多发几个请求；换新凭证后的重发不计。
   * @default 3
   */
  readonly maxAttempts?: number | undefined;
  /**
   * Milliseconds to keep polling while none of the photos has come; 0 queries once.
   * 照片一张都没到时继续等多久；0 表示只问一次。
   * @default 3000
   */
  readonly waitForPhotosMs?: number | undefined;
  /**
   * Milliseconds to keep polling while Tencent has no result for the order; 0 polls once more, after half a second.
   * 腾讯云还没有该订单的结果时继续等多久；0 表示半秒后只再查一次。
   * @default 0
   */
  readonly waitForResultMs?: number | undefined;
}

/** The options of `BankCardOcrModule`. Durations are milliseconds; a number is more than 0 unless it says otherwise. */
export interface BankCardOcrOptions
  extends VendorOptions, CredentialOptions, QueryLimits, TransportOptions, CardOptions, DirectRecognitionOptions {
  /**
   * Another source of time, for tests.
   * 换一个时间来源，测试用。
   * @default the machine's clocks
   * @defaultZh 系统时钟
   */
  readonly clock?: Clock | undefined;
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

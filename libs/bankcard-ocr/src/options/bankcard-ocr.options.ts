import type { Clock } from '../runtime/clock.js';
import type { CardOptions } from './card.options.js';
import type { CredentialOptions } from './credential.options.js';
import type { DirectRecognitionOptions } from './direct-recognition.options.js';
import type { QueryLimits } from './query-limits.options.js';
import type { TransportOptions } from './transport.options.js';
import type { VendorOptions } from './vendor.options.js';

export type { WarningPolicy } from './card.options.js';
export type { RecognitionAppIdField } from './direct-recognition.options.js';
export type { QueryLimits } from './query-limits.options.js';
export type { TransportKind } from './transport.options.js';
export type { AppIdParameter, VendorPaths } from './vendor.options.js';

/** The options of `BankCardOcrModule`. Durations are milliseconds; a number is more than 0 unless it says otherwise. */
export interface BankCardOcrOptions
  extends VendorOptions, CredentialOptions, QueryLimits, TransportOptions, CardOptions, DirectRecognitionOptions {
  /**
   * Another source of time, for tests.
   *
   * 换一个时间来源，测试用。
   * @default the machine's clocks
   * @defaultZh 系统时钟
   */
  readonly clock?: Clock | undefined;
}

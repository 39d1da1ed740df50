import type { CardWarning } from '../card/bank-card-ocr-result.js';
import { Problem } from '../errors/configuration-error.js';
import type { VendorCodeOverrides } from '../errors/vendor-codes.js';

/** What to do about warnings; a function is called with each of them. */
export type WarningPolicy = 'report' | 'strict' | ((warning: CardWarning) => 'accept' | 'reject');

/** How results are treated. */
export interface CardOptions {
  /**
   * What to do about Tencent's warnings: `report` returns them with the card, `strict` rejects photocopies, photos
   * of a screen and expired cards, a function decides about each. Tencent itself lets every one of them pass.
   * 如何对待腾讯云的告警：`report` 随卡一起返回；`strict` 拒绝复印件、翻拍件和过期的卡；也可以给一个函数，逐条决定。腾讯云自己一律放行。
   * @default 'report'
   */
  readonly warningPolicy?: WarningPolicy | undefined;
  /**
   * Milliseconds that Tencent keeps results and photos. An assumption: three days are documented for the face
   * product only (protocol.md section 5).
   * 腾讯云保留结果和照片多久。三天只是假定值：官方文档只在人脸产品里写了。
   * @default 259200000
   */
  readonly assumedVendorRetentionMs?: number | undefined;
  /**
   * Replaces rows of the table of vendor codes, or parts of rows; the keys are Tencent's codes.
   * 覆盖腾讯云错误码表的某几行，或某行的部分字段；键是腾讯云错误码。
   * @default none
   * @defaultZh 无
   */
  readonly vendorCodeOverrides?: VendorCodeOverrides | undefined;
}

export function isWarningPolicy(value: unknown): value is WarningPolicy {
  return value === 'report' || value === 'strict' || typeof value === 'function';
}

export const WARNING_POLICY_RULE = new Problem(
  "must be 'report', 'strict', or a function that is given a warning and returns 'accept' or 'reject'",
  "必须是 'report'、'strict'，或一个函数：参数是一条告警，返回 'accept' 或 'reject'",
);

export function readWarningPolicy(value: unknown): WarningPolicy | Problem {
  return isWarningPolicy(value) ? value : WARNING_POLICY_RULE;
}

import { Problem } from '../errors/problem.js';
import type { WarningPolicy } from './bankcard-ocr.options.js';

/** Whether a value is a {@link WarningPolicy}. */
export function isWarningPolicy(value: unknown): value is WarningPolicy {
  return value === 'report' || value === 'strict' || typeof value === 'function';
}

/** What the option must be. */
export const WARNING_POLICY_RULE = new Problem(
  "must be 'report', 'strict', or a function that is given a warning and returns 'accept' or 'reject'",
  "必须是 'report'、'strict'，或一个函数：参数是一条告警，返回 'accept' 或 'reject'",
);

import { messageOfCode } from '../vendor/vendor-codes.js';
import type { Stamp } from './stamp.js';

/** Any JSON object, as a fault may rewrite it. */
export type JsonObject = Record<string, unknown>;

/** What an endpoint answers, before a fault touches it. */
export interface VendorAnswer {
  /** `0` or a failure code. */
  readonly code: string;
  readonly json: JsonObject;
  /** Milliseconds on the sandbox's clock that the answer waits (late photos as a slow answer). */
  readonly waitMs?: number;
}

/** A success: `fields` between `code`, `msg` and the rest, in the documents' order. */
export function success(fields: JsonObject): VendorAnswer {
  return { code: '0', json: { code: '0', msg: messageOfCode('0'), ...fields } };
}

/**
 * The failure envelope of protocol.md section 3: no `result`, no `bizSeqNo`, `success` false.
 * `detail` follows the message after a colon, as the vendor does with 400101.
 */
export function failure(code: string, stamp: Stamp, detail?: string): VendorAnswer {
  const msg = detail === undefined ? messageOfCode(code) : `${messageOfCode(code)}:${detail}`;
  return { code, json: { code, msg, transactionTime: stamp.transactionTime, success: false } };
}

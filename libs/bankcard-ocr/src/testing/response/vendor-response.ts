import { CHINA_OFFSET_MS, type Clock } from '../../runtime/clock.js';
import { messageOfCode } from '../vendor-codes.js';

/** Any JSON object, as a fault may rewrite it. */
export type JsonObject = Record<string, unknown>;

/** The response of an endpoint, before a fault changes it. */
export interface SandboxResponse {
  /** `0` or a failure code. */
  readonly code: string;
  readonly json: JsonObject;
  /** Milliseconds on the sandbox's clock that the response waits (late photos as a slow response). */
  readonly waitMs?: number;
}

/** A success: `fields` between `code`, `msg` and the rest, in the documents' order. */
export function success(fields: JsonObject): SandboxResponse {
  return { code: '0', json: { code: '0', msg: messageOfCode('0'), ...fields } };
}

/**
 * The failure envelope of protocol.md section 3: no `result`, no `bizSeqNo`, `success` false.
 * `detail` follows the message after a colon, as the vendor does with 400101.
 */
export function failure(code: string, stamp: Stamp, detail?: string): SandboxResponse {
  const msg = detail === undefined ? messageOfCode(code) : `${messageOfCode(code)}:${detail}`;
  return { code, json: { code, msg, transactionTime: stamp.transactionTime, success: false } };
}

/** The vendor's two marks on a response. */
interface Stamp {
  /** 32 digits: yyMMdd, eight fixed, four of the host, HHmmss, eight running, as in the logged responses. */
  readonly bizSeqNo: string;
  /** `yyyyMMddHHmmss`, China time. */
  readonly transactionTime: string;
}

/** Gives every response its running number and its time. */
export class ResponseStamps {
  readonly #clock: Clock;
  #running = 0;
  /** Digits of the current second, computed once a second: every response carries them. */
  #second = Number.NaN;
  #digits = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): Stamp {
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#digits = chinaDigits(second * 1_000);
    }
    const transactionTime = this.#digits;
    this.#running = (this.#running + 1) % 100_000_000;
    const running = String(this.#running).padStart(8, '0');
    const bizSeqNo = `${transactionTime.slice(2, 8)}200011844126${transactionTime.slice(8)}${running}`;
    return { bizSeqNo, transactionTime };
  }
}

/** `yyyyMMddHHmmss` at +08:00: transactionTime, expire_time. */
export function chinaDigits(epochMs: number): string {
  return new Date(epochMs + CHINA_OFFSET_MS).toISOString().slice(0, 19).replace(/\D/g, '');
}

/** `yyyy-MM-dd HH:mm:ss` at +08:00: operateTime. */
export function chinaDateTime(epochMs: number): string {
  return new Date(epochMs + CHINA_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

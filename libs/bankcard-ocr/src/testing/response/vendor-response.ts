import { CHINA_OFFSET_MS, type Clock } from '../../runtime/clock.js';
import { messageOfCode } from '../vendor-codes.js';

/** Any JSON object, as a fault may rewrite it. */
export type JsonObject = Record<string, unknown>;

/** The response of an endpoint, before a fault changes it. */
export interface SandboxResponse {
  readonly code: string;
  readonly json: JsonObject;
  readonly waitMs?: number;
}

/** What an endpoint throws: the response is this failure. `detail` follows the message after a colon, as with 400101. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly detail?: string,
  ) {
    super(code);
  }
}

export class ResponseWriter {
  #running = 0;

  constructor(private readonly clock: Clock) {}

  /** `bizSeqNo` as in the logged responses: yyMMdd, eight fixed digits, four of the host, HHmmss, eight running ones. */
  stamp(): { readonly bizSeqNo: string; readonly transactionTime: string } {
    const transactionTime = chinaDigits(this.clock.now());
    const running = String((this.#running += 1)).padStart(8, '0');
    const bizSeqNo = `${transactionTime.slice(2, 8)}200011844126${transactionTime.slice(8)}${running}`;
    return { bizSeqNo, transactionTime };
  }

  success(fields: JsonObject): SandboxResponse {
    return { code: '0', json: { code: '0', msg: messageOfCode('0'), ...fields } };
  }

  /** No `result`, no `bizSeqNo`. */
  failure({ code, detail }: Refusal): SandboxResponse {
    const msg = detail === undefined ? messageOfCode(code) : `${messageOfCode(code)}:${detail}`;
    return { code, json: { code, msg, transactionTime: this.stamp().transactionTime, success: false } };
  }
}

/** `yyyyMMddHHmmss` at +08:00: transactionTime, expire_time. */
export function chinaDigits(epochMs: number): string {
  return chinaDateTime(epochMs).replace(/\D/g, '');
}

/** `yyyy-MM-dd HH:mm:ss` at +08:00: operateTime. */
export function chinaDateTime(epochMs: number): string {
  return new Date(epochMs + CHINA_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

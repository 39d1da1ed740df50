import { CHINA_OFFSET_MS } from '../../runtime/clock.js';

/** Any JSON object, as a fault may rewrite it. */
export type JsonObject = Record<string, unknown>;

/** The response of an endpoint, before a fault changes it. */
export interface SandboxResponse {
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

/** `yyyyMMddHHmmss` at +08:00: transactionTime, expire_time. */
export function chinaDigits(epochMs: number): string {
  return chinaDateTime(epochMs).replace(/\D/g, '');
}

/** `yyyy-MM-dd HH:mm:ss` at +08:00: operateTime. */
export function chinaDateTime(epochMs: number): string {
  return new Date(epochMs + CHINA_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

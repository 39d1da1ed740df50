import type { WireAnswer } from './exchange.js';

const JSON_TYPE = { 'content-type': 'application/json;charset=UTF-8' };

/** A JSON value as the vendor sends it. */
export function jsonAnswer(status: number, json: unknown): WireAnswer {
  return textAnswer(status, JSON.stringify(json) ?? '');
}

/** A text under the vendor's JSON content type, whether it is JSON or not. */
export function textAnswer(status: number, text: string): WireAnswer {
  return { status, headers: JSON_TYPE, body: Buffer.from(text) };
}

/** A page of somebody in front of the vendor. */
export function htmlAnswer(status: number, page: string): WireAnswer {
  return { status, headers: { 'content-type': 'text/html' }, body: Buffer.from(page) };
}

/** Whatever a test wants to see on the wire. */
export function rawAnswer(
  status: number,
  headers: Readonly<Record<string, string>> | undefined,
  body: string | Uint8Array,
): WireAnswer {
  return { status, headers: headers ?? JSON_TYPE, body: typeof body === 'string' ? Buffer.from(body) : body };
}

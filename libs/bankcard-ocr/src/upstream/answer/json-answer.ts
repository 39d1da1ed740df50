import { bodyText } from './body-text.js';
import { excessIn, MOST_JSON_BYTES } from './json-limits.js';
import { withExactOrderNumbers } from './order-number-members.js';

/** A JSON object whose members have not been looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object: neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Why a body is no protocol answer, in words for a log; never a piece of the body. */
export class NotAnAnswer extends Error {
  override name = 'NotAnAnswer';
}

/** More than any answer has, photos left aside. */
export class TooLarge extends NotAnAnswer {
  override name = 'TooLarge';

  constructor(what = `the body has more than ${MOST_JSON_BYTES} bytes besides photos`) {
    super(what);
  }
}

/**
 * Read a body as a protocol answer: JSON, an object with a `code` (protocol.md section 3). Order numbers come as texts, also
 * those that were written as numbers.
 *
 * @throws {@link NotAnAnswer}
 */
export function readJsonAnswer(body: Buffer): JsonObject {
  if (body.length === 0) throw new NotAnAnswer('the body is empty');
  if (body.length > MOST_JSON_BYTES) throw new TooLarge();
  const text = bodyText(body);
  const excess = excessIn(text);
  if (excess !== undefined) throw new TooLarge(excess);
  let json: unknown;
  try {
    json = JSON.parse(withExactOrderNumbers(text));
  } catch {
    // JSON.parse quotes the text in its message, so its error is not kept.
    throw new NotAnAnswer(
      text.trimStart().startsWith('<') ? 'the body is HTML or XML' : 'the body is not JSON, or cut off',
    );
  }
  if (!isJsonObject(json)) throw new NotAnAnswer('the body is JSON, but not an object');
  if (codeOf(json) === undefined) throw new NotAnAnswer('the body is an object without a readable code');
  return json;
}

/** It is shown as it is: shorter than any secret, and without digits enough for a card number. */
const CODE = /^(?!.*\d{12})[\w.-]{1,24}$/;

/** The vendor's `code` as text: documented as a string, seen as a number. */
export function codeOf(json: JsonObject): string | undefined {
  const code = json['code'];
  if (code === '0') return code;
  if (Number.isSafeInteger(code)) return codeOf({ code: String(code) });
  return typeof code === 'string' && CODE.test(code.trim()) ? code.trim() : undefined;
}

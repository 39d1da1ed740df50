import { isUtf8 } from 'node:buffer';

/** A JSON object whose members have not been looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What programs make of a missing value that they write as a text, Java for one: it says nothing. */
export const NULL_TEXT = 'null';

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Why a body is no protocol response, in words for a log; never a piece of the body. */
export class InvalidResponseError extends Error {
  override name = 'InvalidResponseError';
}

export class ResponseTooLargeError extends InvalidResponseError {
  override name = 'TooLarge';

  constructor(what = `the body has more than ${MOST_JSON_BYTES} bytes besides photos`) {
    super(what);
  }
}

/** Reads the body of a response while it arrives. */
export interface ResponseReader {
  /** The body has so many bytes as it comes; called before the first of them, if that is known. */
  expect?(bytes: number): void;
  /** @param bytes decompressed; may be kept. @returns a promise when no more is wanted. @throws InvalidResponseError */
  write(bytes: Buffer): Promise<void> | undefined;
  end(): JsonObject;
}

/** Reads a response without photos: all of it, then as JSON. */
export class JsonResponseReader implements ResponseReader {
  #pieces: Buffer[] = [];
  #size = 0;
  #other: ResponseReader | undefined;

  /** @param readerOfLarge reads what is too large to be collected; without it that is refused */
  constructor(private readonly readerOfLarge?: () => ResponseReader) {}

  write(bytes: Buffer): Promise<void> | undefined {
    if (this.#other) return this.#other.write(bytes);
    if (this.#size === 0) this.#pieces = [bytes];
    else this.#pieces.push(bytes);
    this.#size += bytes.length;
    return this.#size > MOST_JSON_BYTES ? this.#handOver() : undefined;
  }

  end(): JsonObject {
    if (this.#other) return this.#other.end();
    const [first] = this.#pieces;
    return readJsonResponse(this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces));
  }

  #handOver(): Promise<void> | undefined {
    if (!this.readerOfLarge) throw new ResponseTooLargeError();
    this.#other = this.readerOfLarge();
    return this.#other.write(Buffer.concat(this.#pieces.splice(0)));
  }
}

/** JSON, an object with a `code`. Order numbers come as texts. @throws {@link InvalidResponseError} */
export function readJsonResponse(body: Buffer): JsonObject {
  if (body.length === 0) throw new InvalidResponseError('the body is empty');
  if (body.length > MOST_JSON_BYTES) throw new ResponseTooLargeError();
  const text = bodyText(body);
  if (hasTooManyValues(text)) throw new ResponseTooLargeError(`the body has more than ${MOST_VALUES} values`);
  let json: unknown;
  try {
    json = JSON.parse(withExactOrderNumbers(text));
  } catch {
    // JSON.parse quotes the text in its message, so its error is not kept.
    throw new InvalidResponseError(
      text.trimStart().startsWith('<') ? 'the body is HTML or XML' : 'the body is not JSON, or cut off',
    );
  }
  if (!isJsonObject(json)) throw new InvalidResponseError('the body is JSON, but not an object');
  if (codeOf(json) === undefined) throw new InvalidResponseError('the body is an object without a readable code');
  return json;
}

/** It is shown as it is: shorter than any secret, and without digits enough for a card number. */
const CODE = /^(?!.*\d{12})[\w.-]{1,24}$/;

/** Tencent's `code` as text: documented as a string, seen as a number. */
export function codeOf(json: JsonObject): string | undefined {
  const code = json['code'];
  if (code === '0') return code;
  if (Number.isSafeInteger(code)) return codeOf({ code: String(code) });
  return typeof code === 'string' && CODE.test(code.trim()) ? code.trim() : undefined;
}

/** In bytes, besides photos: JSON.parse makes up to forty times its size of a text, and cannot be interrupted. */
export const MOST_JSON_BYTES = 256 * 1024;

/** Real responses have twenty. Names of members that a server chooses for it can make each cost as much as all before. */
const MOST_VALUES = 8_192;
const BEGINNING_OF_A_VALUE = /[,{[]/g;

function hasTooManyValues(json: string): boolean {
  return json.length > MOST_VALUES && (json.match(BEGINNING_OF_A_VALUE)?.length ?? 0) > MOST_VALUES;
}

const BYTE_ORDER_MARK = '\ufeff';
const NOT_DECODED_CHARACTER = '\ufffd';
const NOT_DECODED = /\ufffd/g;
/** What UTF-8 has three bytes for: by chance, text in another encoding hardly ever reads as one of these. */
const THREE_BYTES_LONG = /[\u0800-\ufffc]/g;

/** UTF-8, or GBK (GB18030), as some gateways write whatever the header says; else as far as it can be read. */
export function bodyText(body: Buffer): string {
  const decoded = body.toString('utf8');
  const isWhole = !decoded.includes(NOT_DECODED_CHARACTER) || isUtf8(body);
  const text = isWhole || isMostlyUtf8(decoded) ? decoded : (decodeGbk(body) ?? decoded);
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

function isMostlyUtf8(decoded: string): boolean {
  const count = (pattern: RegExp) => decoded.match(pattern)?.length ?? 0;
  return count(THREE_BYTES_LONG) > count(NOT_DECODED);
}

function decodeGbk(body: Buffer): string | undefined {
  try {
    return new TextDecoder('gb18030', { fatal: true }).decode(body);
  } catch {
    // It is not GBK either, or this Node was built without the encodings of ICU.
    return undefined;
  }
}

/** However pages and hosts spell the name, in any letter case; with the mark of {@link withExactOrderNumbers}. */
const ORDER_NUMBER_NAME = /^order[_-]?(?:no|number)(?:#\d+)?$/i;
/** Such a member with its value, as far as that is a number. */
const ORDER_NUMBER = /(?<!\\)"(order[_-]?(?:no|number))"(\s*:\s*)(-?\d[\d.e+-]*)?/gi;

/** Whether there is anything to change; sometimes true when there is not. */
const NUMERIC_OR_SEVERAL = /"order[_-]?n(?:o|umber)"(?:\s*:\s*[-\d]|[^]*?"order[_-]?n(?:o|umber)")/i;

export function isOrderNumberName(name: string): boolean {
  return ORDER_NUMBER_NAME.test(name);
}

/**
 * JSON.parse would round numbers above 2^53 and keep the last of two members: either could pass another order's card
 * for the one asked for. Numbers become texts, every further member gets a name of its own, `orderNo#1`.
 */
export function withExactOrderNumbers(text: string): string {
  // Nearly always there is one member, which is a text: to write it again would cost as much as to parse the whole.
  if (!NUMERIC_OR_SEVERAL.test(text)) return text;
  let count = 0;
  return text.replace(ORDER_NUMBER, (_member, name: string, colon: string, number: string | undefined) => {
    const ownName = count === 0 ? name : `${name}#${count}`;
    count += 1;
    return `"${ownName}"${colon}${number === undefined ? '' : `"${number}"`}`;
  });
}

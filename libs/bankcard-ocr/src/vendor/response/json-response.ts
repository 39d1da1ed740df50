import { isUtf8 } from 'node:buffer';

/** A JSON object whose members have not been looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object: neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Why a body is no protocol response, in words for a log; never a piece of the body. */
export class InvalidResponseError extends Error {
  override name = 'InvalidResponseError';
}

/** More than any response has, photos left aside. */
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
  /**
   * @param bytes some of the body, decompressed; may be kept
   * @returns a promise when no more is wanted until it is fulfilled
   * @throws InvalidResponseError
   */
  write(bytes: Buffer): Promise<void> | undefined;
  /**
   * The whole body has come.
   *
   * @throws InvalidResponseError
   */
  end(): JsonObject;
}

/** Reads a response without photos: all of it, then as JSON. */
export class JsonResponseReader implements ResponseReader {
  /** Nearly always one. */
  #pieces: Buffer[] = [];
  #size = 0;
  #other: ResponseReader | undefined;

  /**
   * @param readerOfLarge reads those that are too large to be collected; without it they are refused
   */
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

/**
 * Read a body as a protocol response: JSON, an object with a `code` (protocol.md section 3). Order numbers come as texts, also
 * those that were written as numbers.
 *
 * @throws {@link InvalidResponseError}
 */
export function readJsonResponse(body: Buffer): JsonObject {
  if (body.length === 0) throw new InvalidResponseError('the body is empty');
  if (body.length > MOST_JSON_BYTES) throw new ResponseTooLargeError();
  const text = bodyText(body);
  const excess = excessIn(text);
  if (excess !== undefined) throw new ResponseTooLargeError(excess);
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

/** The vendor's `code` as text: documented as a string, seen as a number. */
export function codeOf(json: JsonObject): string | undefined {
  const code = json['code'];
  if (code === '0') return code;
  if (Number.isSafeInteger(code)) return codeOf({ code: String(code) });
  return typeof code === 'string' && CODE.test(code.trim()) ? code.trim() : undefined;
}

/**
 * What a response may have besides its photos, in bytes. Real ones have some hundred; what JSON.parse makes of a text takes
 * up to forty times its size, and it cannot be interrupted.
 */
export const MOST_JSON_BYTES = 256 * 1024;

/** Real responses are three levels deep. */
const MOST_LEVELS = 32;
/** Real responses have twenty values. Names of members that a server chooses for it can make each cost as much as all before. */
const MOST_VALUES = 8_192;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Find out whether a text is too deep, or has too many values, to be parsed; one pass, and no judgement on its grammar.
 *
 * @returns what there is too much of
 */
function excessIn(json: string): string | undefined {
  if (hasFewBrackets(json)) return undefined;
  let depth = 0;
  let values = 0;
  for (let at = 0; at < json.length; at += 1) {
    switch (json.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(json, at + 1);
        break;
      case 0x7b: // {
      case 0x5b: // [
        depth += 1;
        values += 1;
        if (depth > MOST_LEVELS) return `the body has more than ${MOST_LEVELS} levels`;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth -= 1;
        break;
      case 0x2c: // ,
        values += 1;
        break;
      default:
    }
    if (values > MOST_VALUES) return `the body has more than ${MOST_VALUES} values`;
  }
  return undefined;
}

/** Whether a text cannot be too deep nor have too many values: told of nearly every response by two or three searches. */
function hasFewBrackets(json: string): boolean {
  if (json.length > MOST_VALUES) return false;
  let brackets = 0;
  for (const bracket of ['{', '[']) {
    for (let at = json.indexOf(bracket); at >= 0; at = json.indexOf(bracket, at + 1)) brackets += 1;
  }
  return brackets <= MOST_LEVELS;
}

/** The index of the quotation mark that ends a string; that of the end of the text, if none does. */
function endOfString(json: string, start: number): number {
  for (let from = start; ;) {
    const quote = json.indexOf('"', from);
    if (quote < 0) return json.length;
    let first = quote;
    while (first > from && json.charCodeAt(first - 1) === BACKSLASH) first -= 1;
    if ((quote - first) % 2 === 0) return quote;
    from = quote + 1;
  }
}

const BYTE_ORDER_MARK = '\ufeff';
const NOT_DECODED = /\ufffd/g;
/** What UTF-8 has three bytes for: by chance, text in another encoding hardly ever reads as one of these. */
const THREE_BYTES_LONG = /[\u0800-\ufffc]/g;

/**
 * Decode a body: UTF-8, as the documents say, or GBK (GB18030, which includes it), in which gateways in front of the vendor
 * have been seen to write. What is neither, such as a message that was cut within a character, is read as far as it can
 * be: JSON and its codes are ASCII, and a code that is lost makes nobody act rightly.
 *
 * What a header says about the encoding is not asked: it is wrong as often as it is right, and the bytes tell.
 */
export function bodyText(body: Buffer): string {
  const decoded = body.toString('utf8');
  const text = isUtf8(body) || isMostlyUtf8(decoded) ? decoded : (decodeGbk(body) ?? decoded);
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

/** However pages and hosts spell the name of the order number, in any letter case. */
const NAME = String.raw`order[_-]?(?:no|number)`;
const IS_NAME = new RegExp(`^${NAME}(?:#\\d+)?$`, 'i');
/** A member with its value, as far as that is a number. */
const MEMBER = new RegExp(`"${NAME}"\\s*:\\s*"?`, 'gi');
const MOST_EXACT_DIGITS = 15;
/** Any text of a JSON document, with the colon behind a name and the number behind that. */
const TEXT = /("[^"\\]*(?:\\[^][^"\\]*)*")(\s*:\s*)?(-?\d[\d.eE+-]*)?/g;

/** Whether a member holds the order number, as {@link withExactOrderNumbers} may have named it. */
export function isOrderNumberName(name: string): boolean {
  return IS_NAME.test(name);
}

/**
 * Prepare the text of a JSON document so that JSON.parse loses nothing of its order numbers. It would round numbers above
 * 2^53, take `1e3` for 1000, and keep only the last of two members with the same name: any of these could pass another
 * order's card for the one that was asked for. Numbers become the texts that they are written as (a whole one with a
 * fraction or an exponent that of its digits), and every member after the first gets a name of its own, `orderNo#1`.
 */
export function withExactOrderNumbers(text: string): string {
  if (isPlain(text)) return text;
  let count = 0;
  return text.replace(TEXT, (member, quoted: string, colon: string | undefined, number: string | undefined) => {
    if (colon === undefined || !isOrderNumberName(nameIn(quoted))) return member;
    const name = count === 0 ? quoted : JSON.stringify(`${nameIn(quoted)}#${count}`);
    count += 1;
    return name + colon + (number === undefined ? '' : JSON.stringify(wholeNumber(number)));
  });
}

/**
 * `2.0261128E7` is how Java writes 20261128 when it is a double. With more than 15 digits such a number has been rounded
 * already, and may have been another one.
 */
function wholeNumber(number: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(number) ?? [];
  if (whole === '' || whole === number) return number;
  const zeros = Number(exponent) - fraction.length;
  const digits = `${whole}${fraction}`.replace(/^0+(?=\d)/, '');
  if (digits.length + Math.max(0, zeros) > MOST_EXACT_DIGITS) return number;
  if (zeros >= 0) return digits + '0'.repeat(zeros);
  return /^0+$/.test(digits.slice(zeros)) && digits.length > -zeros ? digits.slice(0, zeros) : number;
}

/** Nearly every response is: one member, which is a text, and no name in another spelling by escapes. */
function isPlain(text: string): boolean {
  if (text.includes('\\')) return false;
  MEMBER.lastIndex = 0;
  return !MEMBER.test(text) || (text.charCodeAt(MEMBER.lastIndex - 1) === QUOTE && !MEMBER.test(text));
}

function nameIn(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    // The parser of the whole will say what is wrong.
    return '';
  }
}

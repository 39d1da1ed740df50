import { InvalidResponseError } from '../json-response.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Bytes in a row that are no ASCII: whether they are UTF-8, and whether in GBK the last one is half a character. */
interface HighBytes {
  readonly isOdd: boolean;
  /** How many more bytes the last character of UTF-8 needs; undefined when they cannot be UTF-8. */
  readonly missing: number | undefined;
}

const NONE: HighBytes = { isOdd: false, missing: 0 };

/**
 * Finds where a JSON string ends, across chunks: at a quotation mark with an even number of backslashes before it. The
 * second byte of a character in GBK may look like a backslash, and is none; it never looks like a quotation mark.
 */
export class StringEnd {
  /** Whether the chunk before ended in an odd number of backslashes: they escape whatever comes next. */
  #escaped = false;
  /** What the chunk before ended in, if not in backslashes. */
  #high = NONE;

  /** @returns the index of the closing quotation mark; -1 when it is not in this chunk */
  find(chunk: Buffer, start: number): number {
    let from = start;
    for (;;) {
      const quote = chunk.indexOf(QUOTE, from);
      const end = quote < 0 ? chunk.length : quote;
      let first = end;
      while (first > from && chunk[first - 1] === BACKSLASH) first -= 1;
      const isFirst = first === start;
      if (first < end && isHalfACharacter(this.#highBytesBefore(chunk, start, first))) first += 1;
      let escaped = (end - first) % 2 === 1;
      if (isFirst && this.#escaped) escaped = !escaped;
      this.#high = first === end ? this.#highBytesBefore(chunk, start, end) : NONE;
      this.#escaped = escaped && quote < 0;
      if (quote < 0) return -1;
      if (!escaped) return quote;
      from = quote + 1;
    }
  }

  #highBytesBefore(chunk: Buffer, start: number, end: number): HighBytes {
    let first = end;
    while (first > start && (chunk[first - 1] ?? 0) >= 0x80) first -= 1;
    let high = first === start ? this.#high : NONE;
    for (let at = first; at < end; at += 1) high = withNext(high, chunk[at] ?? 0);
    return high;
  }
}

function isHalfACharacter({ isOdd, missing }: HighBytes): boolean {
  return isOdd && missing !== 0;
}

function withNext({ isOdd, missing }: HighBytes, byte: number): HighBytes {
  const isContinuation = byte < 0xc0;
  if (missing === undefined || isContinuation !== missing > 0) return { isOdd: !isOdd, missing: undefined };
  if (isContinuation) return { isOdd: !isOdd, missing: missing - 1 };
  return { isOdd: !isOdd, missing: byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1 };
}

/**
 * A JSON string that nobody wants, as large as a photo: the second text of one, or one that nobody here knows. It is read
 * from behind its opening quotation mark to behind the closing one, and not judged.
 */
export class SkippedString {
  /** Where in the chunk it goes on. */
  next = 0;
  ended = false;
  readonly #end = new StringEnd();

  /** Read on in a chunk, up to {@link next}. */
  write(chunk: Buffer, at: number): undefined {
    const quote = this.#end.find(chunk, at);
    this.ended = quote >= 0;
    this.next = this.ended ? quote + 1 : chunk.length;
  }
}

/** The beginning of an escape: the longest of them, `\u0000`, lacks its last digit. */
const BEGUN_ESCAPE = /\\(?:u[0-9A-Fa-f]{0,3})?$/;
const LONGEST_BEGUN_ESCAPE = 5;
/** A control character that an odd number of backslashes stands before. */
const ESCAPED_CONTROL_CHARACTER = /(?<!\\)(?:\\\\)*\\[\0-\x1f]/;
const LINE_FEEDS = /\n/g;
const CARRIAGE_RETURNS = /\r/g;
const OTHER_CONTROL_CHARACTERS = /[\0-\x1f]/g;
const LONGER_THAN_A_BYTE = /[^\0-\xff]/g;

/** Resolves the escapes of a JSON string that arrives in pieces, cut anywhere, one character a byte. */
export class EscapedText {
  #begun = '';

  /**
   * @returns characters of one byte; a space, which is no Base64 either, stands for each that is longer
   * @throws {@link InvalidResponseError} for an escape that there is not
   */
  resolve(piece: string): string {
    const text = this.#begun + piece;
    this.#begun = begunEscape(text);
    const whole = text.slice(0, text.length - this.#begun.length);
    const resolved = resolveWithoutControls(whole) ?? resolveAny(whole);
    return whole.includes('\\u') ? resolved.replace(LONGER_THAN_A_BYTE, ' ') : resolved;
  }

  /** @throws {@link InvalidResponseError} when an escape was left open */
  end(): void {
    if (this.#begun !== '') throw new InvalidResponseError('the body is not JSON: a string ends within an escape');
  }
}

/** The escape at the end of a text whose own end has not come. */
function begunEscape(text: string): string {
  const begun = BEGUN_ESCAPE.exec(text.slice(-LONGEST_BEGUN_ESCAPE))?.[0] ?? '';
  if (begun === '') return '';
  const backslash = text.length - begun.length;
  let first = backslash;
  while (text[first - 1] === '\\') first -= 1;
  // Backslashes before it are escapes two by two; what is left over escapes this one.
  return (backslash - first) % 2 === 0 ? begun : '';
}

/** @returns undefined for what is no JSON string */
function resolveWithoutControls(text: string): string | undefined {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return undefined;
  }
}

/**
 * JSON wants control characters escaped. Inside a photo it is for Base64 to judge them: line breaks mean nothing there. A
 * space, which is no Base64 either, stands for the others.
 */
function resolveAny(text: string): string {
  const escaped = text
    .replace(LINE_FEEDS, '\\n')
    .replace(CARRIAGE_RETURNS, '\\r')
    .replace(OTHER_CONTROL_CHARACTERS, ' ');
  const resolved = ESCAPED_CONTROL_CHARACTER.test(text) ? undefined : resolveWithoutControls(escaped);
  if (resolved === undefined) {
    throw new InvalidResponseError('the body is not JSON: a string has an escape that there is not');
  }
  return resolved;
}

import { NotAnAnswer } from '../json-answer.js';

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
   * @throws {@link NotAnAnswer} for an escape that there is not
   */
  resolve(piece: string): string {
    const text = this.#begun + piece;
    this.#begun = begunEscape(text);
    const whole = text.slice(0, text.length - this.#begun.length);
    const resolved = resolveWithoutControls(whole) ?? resolveAny(whole);
    return whole.includes('\\u') ? resolved.replace(LONGER_THAN_A_BYTE, ' ') : resolved;
  }

  /** @throws {@link NotAnAnswer} when an escape was left open */
  end(): void {
    if (this.#begun !== '') throw new NotAnAnswer('the body is not JSON: a string ends within an escape');
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
    throw new NotAnAnswer('the body is not JSON: a string has an escape that there is not');
  }
  return resolved;
}

import { inspect } from 'node:util';
import { equalityTag } from '../equality-tag.js';
import { plainest, printable } from '../plain-text.js';
import { type FingerprintKey, fingerprintOf } from './card-fingerprint.js';
import { type CardScheme, schemeOf } from './card-scheme.js';
import { passesLuhn } from './luhn.js';

/** Below this many characters the first six would give too much of the number away. */
const SHORTEST_WITH_FIRST_SIX = 13;
const DIGITS = /^\d+$/;

/**
 * Mask a card number: the first six, stars, the last four; under 13 characters only the last four are shown, and of
 * four or fewer none. Spaces, hyphens and what is never seen do not count and do not survive; digits of other scripts
 * become ASCII.
 */
export function maskCardNumber(text: string): string {
  const number = withoutSeparators(text);
  const shownFirst = number.length >= SHORTEST_WITH_FIRST_SIX ? 6 : 0;
  const shownLast = number.length > 4 ? 4 : 0;
  const hidden = number.length - shownFirst - shownLast;
  const masked = number.slice(0, shownFirst) + '*'.repeat(hidden) + number.slice(number.length - shownLast);
  // Half of a character that takes two, where letters stand among the digits.
  return masked.replace(/\p{Cs}/gu, '*');
}

/**
 * A bank card's number (PAN) that cannot be printed by accident: `String()`, template literals, `JSON.stringify` and
 * `util.inspect` return {@link masked}, and whatever copies objects property by property (`ClassSerializerInterceptor`,
 * `structuredClone`) finds it under that name. Only {@link reveal} returns the whole number.
 */
export class CardNumber {
  /** The first six digits, stars and the last four, e.g. `622202*********7890`. */
  readonly masked: string;
  /**
   * Tells two cards apart wherever objects are compared by their properties, as test runners do: the same text for the
   * same number, in this process only. It says nothing about the number, and another process has other tags.
   */
  readonly equalityTag: string;
  readonly #number: string | undefined;

  /** @param text the number as the vendor wrote it; spaces and hyphens between groups are dropped. */
  constructor(text: string) {
    // class-transformer makes copies with `new CardNumber()`, and sets what it found afterwards.
    const given: string | undefined = text;
    this.#number = given === undefined ? undefined : withoutSeparators(given);
    this.masked = maskCardNumber(this.#digits);
    this.equalityTag = equalityTag(this.#digits);
  }

  /** How many characters it has: 16 to 19 digits as a rule in China. */
  get length(): number {
    return this.#digits.length;
  }

  /**
   * The first six digits, which name the issuer (BIN): no more than {@link masked} shows.
   *
   * @returns undefined when the number has fewer than 13 characters, or others than digits among the six
   */
  get bin(): string | undefined {
    const first = this.#digits.slice(0, 6);
    return this.#digits.length >= SHORTEST_WITH_FIRST_SIX && DIGITS.test(first) ? first : undefined;
  }

  /**
   * The network by the card's beginning and length. A hint: ranges change hands, of a card with two networks the number
   * names one, and China's older domestic cards (e.g. 955880) are `unknown`, as is all that has fewer than 13 digits.
   */
  get scheme(): CardScheme {
    const shown = this.#digits.length >= SHORTEST_WITH_FIRST_SIX && DIGITS.test(this.#digits);
    return shown ? schemeOf(this.#digits) : 'unknown';
  }

  /**
   * Whether the last digit is the Luhn check digit of the others. A hint that a digit was misread, never a reason to
   * refuse a card: some that Chinese banks have issued fail it.
   */
  get luhnValid(): boolean {
    return passesLuhn(this.#digits);
  }

  /**
   * Recognise the same card again without storing its number: HMAC-SHA-256 over the digits, 64 hexadecimal digits.
   * Personal data still, though worthless without the key.
   *
   * @param key 16 random bytes or more, e.g. from `randomBytes(32)`, kept apart from the fingerprints. There are so few
   *   card numbers that whoever knows the key, or can guess it, finds the number behind every fingerprint by trying all
   *   of them; a plain hash would protect nothing.
   * @throws TypeError for a key that is none, RangeError for one that is shorter than 16 bytes, and for a number that is
   *   not digits only: what the vendor has blanked out would look like one and the same card
   */
  fingerprint(key: FingerprintKey): string {
    if (!DIGITS.test(this.#digits)) throw new RangeError('only a card number of digits has a fingerprint');
    return fingerprintOf(this.#digits, key);
  }

  /**
   * The whole number. It is personal data: never log it, never put it into a URL, store it only encrypted.
   *
   * @throws TypeError for a copy that somebody made of the properties: it has the masked text only
   */
  reveal(): string {
    if (this.#number === undefined) throw new TypeError('a copy of a CardNumber has its masked text, not its number');
    return this.#number;
  }

  /** Whether another value is the same card number. */
  equals(other: unknown): boolean {
    return other instanceof CardNumber && this.#number !== undefined && this.#number === other.#number;
  }

  /** What comparisons ask for that prefer it to properties (fast-deep-equal); a text where a primitive is wanted. */
  valueOf(): string {
    return this.equalityTag;
  }

  [Symbol.toPrimitive](): string {
    return this.masked;
  }

  toString(): string {
    return this.masked;
  }

  toJSON(): string {
    return this.masked;
  }

  [inspect.custom](): string {
    return `CardNumber(${this.masked})`;
  }

  get #digits(): string {
    return this.#number ?? '';
  }
}

/** In ASCII as far as it can be, so that its digits count as such, and nothing in it moves the cursor of a terminal. */
function withoutSeparators(text: string): string {
  return plainest(printable(text)).replace(/[\s\p{Pd}]+/gu, '');
}

import { createHmac, KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { equalityTag, lazyEqualityTag } from '../runtime/equality-tag.js';
import { knownToEveryCopy } from '../runtime/every-copy.js';
import { plainest, printable } from '../runtime/printable-text.js';

/** Below this many characters the first six would give too much of the number away. */
const SHORTEST_WITH_FIRST_SIX = 13;
const DIGITS = /^\d+$/;

/** First six, stars, last four; of fewer than 13 characters the last four, of four or fewer none. */
export function maskCardNumber(text: string): string {
  return masked(withoutSeparators(text));
}

function masked(number: string): string {
  const shownFirst = number.length >= SHORTEST_WITH_FIRST_SIX ? 6 : 0;
  const shownLast = number.length > 4 ? 4 : 0;
  const hidden = number.length - shownFirst - shownLast;
  const text = number.slice(0, shownFirst) + '*'.repeat(hidden) + number.slice(number.length - shownLast);
  // Half of a surrogate pair, where letters are among the digits.
  return DIGITS.test(number) ? text : text.replace(/\p{Cs}/gu, '*');
}

/** A card number (PAN): texts, JSON and copies are {@link masked}; only {@link reveal} returns all of it. */
export class CardNumber {
  static {
    knownToEveryCopy(this, 'card-number');
  }

  /** The first six digits, stars and the last four, e.g. `622202*********7890`. */
  readonly masked: string;
  /** The same text for the same number, in this process only: for test runners, which compare objects by properties. */
  declare readonly equalityTag: string;
  static readonly #tag = lazyEqualityTag<CardNumber>((number) => equalityTag(number.#digits));
  readonly #number: string | undefined;

  /** @param text the number as Tencent wrote it; spaces and hyphens between groups are dropped. */
  constructor(text: string) {
    // class-transformer makes copies with `new CardNumber()`, and sets what it found afterwards.
    const given: string | undefined = text;
    this.#number = given === undefined ? undefined : withoutSeparators(given);
    this.masked = masked(this.#digits);
    Object.defineProperty(this, 'equalityTag', CardNumber.#tag);
  }

  /** How many characters it has: 16 to 19 digits as a rule in China. */
  get length(): number {
    return this.#digits.length;
  }

  /** The first six digits, which name the issuer (BIN); undefined when {@link masked} does not show six digits. */
  get bin(): string | undefined {
    const first = this.#digits.slice(0, 6);
    return this.#digits.length >= SHORTEST_WITH_FIRST_SIX && DIGITS.test(first) ? first : undefined;
  }

  /** By beginning and length. A hint: ranges change hands, and China's older domestic cards (955880) are `unknown`. */
  get scheme(): CardScheme {
    const digits = DIGITS.test(this.#digits) ? this.#digits : '';
    const range = RANGES.find(({ lengths, begins }) => lengths.includes(digits.length) && begins.test(digits));
    return range?.scheme ?? 'unknown';
  }

  /** Whether the Luhn check digit fits. A hint, never a reason to refuse: some cards of Chinese banks fail it. */
  get luhnValid(): boolean {
    return passesLuhn(this.#digits);
  }

  /**
   * HMAC-SHA-256 over the digits, 64 hexadecimal digits: recognizes a card without its number.
   * @param key 16 random bytes or more, kept apart from the fingerprints: who has it can try all numbers
   * @throws TypeError for a key that is none; RangeError for a short one, or a number that is not digits only
   */
  fingerprint(key: FingerprintKey): string {
    if (!DIGITS.test(this.#digits)) throw new RangeError('only a card number of digits has a fingerprint');
    const bytes = sizeOf(key);
    if (bytes === undefined)
      throw new TypeError('the key of a fingerprint must be a text, a Buffer or a secret KeyObject');
    if (bytes < SHORTEST_KEY_BYTES)
      throw new RangeError(`the key of a fingerprint must have ${SHORTEST_KEY_BYTES} bytes or more; it has ${bytes}`);
    return createHmac('sha256', key).update(`${LABEL}${this.#digits}`).digest('hex');
  }

  /** The whole number: personal data, never for logs or URLs. @throws TypeError for a copy of the properties */
  reveal(): string {
    if (this.#number === undefined) throw new TypeError('a copy of a CardNumber has its masked text, not its number');
    return this.#number;
  }

  equals(other: unknown): boolean {
    if (!(other instanceof CardNumber) || this.#number === undefined) return false;
    // One of another copy of the library has private fields of its own.
    return #number in other ? this.#number === other.#number : this.equalityTag === (other as CardNumber).equalityTag;
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
  if (DIGITS.test(text)) return text;
  return plainest(printable(text)).replace(/[\s\p{Pd}]+/gu, '');
}

/** The network in whose range of numbers a card lies; `unknown` for all other numbers. */
export type CardScheme =
  'unionpay' | 'visa' | 'mastercard' | 'amex' | 'jcb' | 'diners' | 'discover' | 'maestro' | 'unknown';

/** Ranges of ISO/IEC 7812, not overlapping. Of 60 only Discover's 6011: Chinese banks have domestic cards beside it. */
const RANGES: readonly { scheme: CardScheme; begins: RegExp; lengths: readonly number[] }[] = [
  { scheme: 'unionpay', begins: /^(?:62|81[0-6]|817[01])/, lengths: [16, 17, 18, 19] },
  { scheme: 'visa', begins: /^4/, lengths: [13, 16, 18, 19] },
  { scheme: 'mastercard', begins: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { scheme: 'amex', begins: /^3[47]/, lengths: [15] },
  { scheme: 'jcb', begins: /^35(?:2[89]|[3-8])/, lengths: [16, 17, 18, 19] },
  { scheme: 'diners', begins: /^(?:30[0-5]|3095|3[689])/, lengths: [14, 15, 16, 17, 18, 19] },
  { scheme: 'discover', begins: /^(?:6011|64[4-9]|65)/, lengths: [16, 17, 18, 19] },
  { scheme: 'maestro', begins: /^(?:50(?:18|20|38)|5893|6304|6759|676[1-3])/, lengths: [13, 14, 15, 16, 17, 18, 19] },
];

/** A shorter key could be searched through, and then so could every card number. */
const SHORTEST_KEY_BYTES = 16;
/** What else the application makes with the same key must not come out equal. */
const LABEL = 'nestjs-bankcard-ocr/card-number/1:';

/** What a fingerprint is keyed with: random bytes that are kept secret. */
export type FingerprintKey = string | Buffer | KeyObject;

function sizeOf(key: unknown): number | undefined {
  if (typeof key === 'string') return Buffer.byteLength(key);
  if (key instanceof Uint8Array) return key.byteLength;
  return key instanceof KeyObject && key.type === 'secret' ? key.symmetricKeySize : undefined;
}

export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits.at(-1 - index));
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return digits !== '' && sum % 10 === 0;
}

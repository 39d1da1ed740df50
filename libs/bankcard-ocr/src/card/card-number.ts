import { inspect } from 'node:util';

/** Below this many characters the first six would give too much of the number away. */
const SHORTEST_WITH_FIRST_SIX = 13;

/**
 * Mask a card number: the first six, stars, the last four; under 13 characters only the last four are shown, and of
 * four or fewer none. Spaces do not count and do not survive.
 */
export function maskCardNumber(text: string): string {
  const number = withoutSpaces(text);
  const shownFirst = number.length >= SHORTEST_WITH_FIRST_SIX ? 6 : 0;
  const shownLast = number.length > 4 ? 4 : 0;
  const hidden = number.length - shownFirst - shownLast;
  return number.slice(0, shownFirst) + '*'.repeat(hidden) + number.slice(number.length - shownLast);
}

/**
 * A bank card's number (PAN) that cannot be printed by accident: `String()`, template literals, `JSON.stringify` and
 * `util.inspect` all give {@link masked}. Only {@link reveal} gives the whole number.
 */
export class CardNumber {
  readonly #number: string;

  /** @param text the number as the vendor wrote it; spaces between groups are dropped. */
  constructor(text: string) {
    this.#number = withoutSpaces(text);
  }

  /** The first six digits, stars and the last four, e.g. `622202*********7890`. */
  get masked(): string {
    return maskCardNumber(this.#number);
  }

  /** The whole number. It is personal data: never log it, never put it into a URL, store it only encrypted. */
  reveal(): string {
    return this.#number;
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
}

function withoutSpaces(text: string): string {
  return text.replace(/\s+/g, '');
}

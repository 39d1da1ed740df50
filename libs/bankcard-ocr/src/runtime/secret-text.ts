import { inspect } from 'node:util';
import { equalityTag } from './equality-tag.js';

const REDACTED = '[redacted]';
const BRAND = Symbol.for('nestjs-bankcard-ocr/secret-text');

/**
 * A secret, token or ticket that cannot be printed by accident: `String()`, template literals, `JSON.stringify` and
 * `util.inspect` return `[redacted]`, and whatever copies objects property by property finds nothing else.
 */
export class SecretText {
  /** What is shown in place of the secret. */
  readonly shown = REDACTED;
  /** Tells two secrets apart wherever objects are compared by their properties; the same secret has the same tag. */
  readonly equalityTag: string;
  readonly #text: string | undefined;

  constructor(text: string) {
    // class-transformer makes copies with `new SecretText()`, and sets what it found afterwards.
    this.#text = text;
    this.equalityTag = equalityTag(text);
  }

  /**
   * The secret itself; never log it, never put it into an error.
   * @throws TypeError for a copy that somebody made of the properties: the secret is not in it
   */
  reveal(): string {
    if (this.#text === undefined) throw new TypeError('a copy of a SecretText does not hold the secret');
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  /** What comparisons ask for that prefer it to properties (fast-deep-equal); a text where a primitive is wanted. */
  valueOf(): string {
    return this.equalityTag;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  /** @internal */
  get [BRAND](): true {
    return true;
  }

  [inspect.custom](): string {
    return `SecretText(${REDACTED})`;
  }
}

/** Whether a value is a secret text, also when two copies of the library are installed. */
export function isSecretText(value: unknown): value is SecretText {
  return typeof value === 'object' && value !== null && BRAND in value;
}

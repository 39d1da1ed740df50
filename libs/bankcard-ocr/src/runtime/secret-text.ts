import { inspect } from 'node:util';
import { equalityTag } from './equality-tag.js';

const REDACTED = '[redacted]';
const BRAND = Symbol.for('nestjs-bankcard-ocr/secret-text');

/** A secret whose texts, JSON and copies are `[redacted]`; only {@link reveal} returns it. */
export class SecretText {
  readonly shown = REDACTED;
  /** Distinguishes two secrets where objects are compared by their properties; the same secret has the same tag. */
  readonly equalityTag: string;
  readonly #text: string | undefined;

  constructor(text: string) {
    // class-transformer makes copies with `new SecretText()`, and sets what it found afterwards.
    this.#text = text;
    this.equalityTag = equalityTag(text);
  }

  /** Never log it, never put it into an error. @throws TypeError for a copy of the properties */
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

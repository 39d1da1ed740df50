import { inspect } from 'node:util';

/**
 * A secret, token or ticket that cannot be printed by accident: `String()`, template literals, `JSON.stringify` and
 * `util.inspect` all give `[redacted]`.
 */
export class SecretText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret itself; never log it, never put it into an error. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return 'SecretText([redacted])';
  }
}

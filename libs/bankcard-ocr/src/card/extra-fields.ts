import { inspect } from 'node:util';

/** A value that JSON knows and that is neither an object nor an array. */
export type Scalar = string | number | boolean | null;

/**
 * Fields of an answer that this library does not know. The vendor may put anything there, so they are never printed:
 * JSON and `util.inspect` show only how many there are.
 */
export class ExtraFields {
  readonly #fields: ReadonlyMap<string, Scalar>;

  constructor(fields: Iterable<readonly [string, Scalar]> = []) {
    this.#fields = new Map(fields);
  }

  /** The field's value, or undefined when the answer had no such field. Names are spelled as the vendor did. */
  get(name: string): Scalar | undefined {
    return this.#fields.get(name);
  }

  /** The names of all unknown fields. */
  names(): string[] {
    return [...this.#fields.keys()];
  }

  toJSON(): undefined {
    return undefined;
  }

  [inspect.custom](): string {
    return `ExtraFields(${this.#fields.size})`;
  }
}

import { inspect } from 'node:util';
import { defineEqualityTag, equalityTag } from '../runtime/equality-tag.js';

/** A value that JSON knows and that is neither an object nor an array. */
export type Scalar = string | number | boolean | null;

/**
 * Fields of a response that this library does not know. Tencent may put anything there, so they are never printed:
 * JSON and `util.inspect` show only how many there are.
 */
export class ExtraFields {
  /** How many there are. */
  readonly count: number;
  /** Distinguishes fields where objects are compared by their properties; missing when there are none. */
  declare readonly equalityTag?: string;
  readonly #fields: ReadonlyMap<string, Scalar>;

  constructor(fields: Iterable<readonly [string, Scalar]> = []) {
    this.#fields = new Map(fields);
    this.count = this.#fields.size;
    // In whatever order Tencent wrote them.
    const texts = () => [...this.#fields].map((field) => JSON.stringify(field)).sort();
    if (this.count > 0) defineEqualityTag(this, () => equalityTag(...texts()));
  }

  /** The field's value, or undefined when the response had no such field. Names are spelled as Tencent does. */
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
    return `ExtraFields(${this.count})`;
  }
}

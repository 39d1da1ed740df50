import { inspect } from 'node:util';
import { equalityTag, lazyEqualityTag } from '../runtime/equality-tag.js';

/** A value that JSON knows and that is neither an object nor an array. */
export type Scalar = string | number | boolean | null;

/** Most responses have none. */
const NO_FIELDS: ReadonlyMap<string, Scalar> = new Map();

/**
 * Fields of a response that this library does not know. Tencent may put anything there, so they are never printed:
 * JSON and `util.inspect` show only how many there are.
 */
export class ExtraFields {
  /** How many there are. */
  readonly count: number;
  /** Distinguishes fields where objects are compared by their properties; missing when there are none. */
  declare readonly equalityTag?: string;
  /** The same in whatever order Tencent wrote them. */
  static readonly #tag = lazyEqualityTag<ExtraFields>((extra) =>
    equalityTag(...[...extra.#fields].map((field) => JSON.stringify(field)).sort()),
  );
  readonly #fields: ReadonlyMap<string, Scalar>;

  constructor(fields: readonly (readonly [string, Scalar])[] = []) {
    this.#fields = fields.length === 0 ? NO_FIELDS : new Map(fields);
    this.count = this.#fields.size;
    if (this.count > 0) Object.defineProperty(this, 'equalityTag', ExtraFields.#tag);
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

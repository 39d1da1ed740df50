import { inspect } from 'node:util';
import { equalityTag, lazyEqualityTag } from '../runtime/equality-tag.js';

/** A value that JSON knows and that is neither an object nor an array. */
export type Scalar = string | number | boolean | null;

const NO_FIELDS: ReadonlyMap<string, Scalar> = new Map();

/** Fields that this library does not know, whatever Tencent puts there: JSON and `util.inspect` show only how many. */
export class ExtraFields {
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

  get(name: string): Scalar | undefined {
    return this.#fields.get(name);
  }

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

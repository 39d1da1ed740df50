import type { PhotoKind } from '../../../card/card-photo.js';
import { InvalidResponseError } from '../json-response.js';
import { photoKindOf } from '../result-response.js';

/** What a string is that begins. */
type StringRole = 'key' | 'photo' | 'unknown photo' | 'other';

/** A key with every letter escaped is not longer; the key of a photo has 19 letters. */
const LONGEST_KEY = 6 * 32;

/** As the vendor names all of its photos; the next one that it thinks of will be as large as they are. */
const NAME_OF_A_PHOTO = /photo$/i;

/**
 * Follows the structure of a response far enough to know where photos stand: at the top as the tables show, or under
 * `result` as the examples do (protocol.md section 3). Judging the rest is for a JSON parser.
 */
export class ResponseStructure {
  #depth = 0;
  /** Whether what is open at each of the two outermost levels is an object that may hold photos. */
  readonly #places = [false, false, false];
  #keyExpected = false;
  #key = '';
  #kind: PhotoKind | undefined;
  #isUnknownPhoto = false;
  readonly #seen = new Set<string>();

  /** The photo that the last key named, when a string follows now. */
  get kind(): PhotoKind | undefined {
    return this.#kind;
  }

  get #isPlace(): boolean {
    return this.#places[this.#depth] ?? false;
  }

  get #isKeyOfResult(): boolean {
    return this.#depth === 1 && this.#isPlace && this.#key === 'result';
  }

  /** Note a byte between strings. */
  note(byte: number): void {
    switch (byte) {
      case 0x7b: // {
        return this.#open(true);
      case 0x5b: // [
        return this.#open(false);
      case 0x7d: // }
      case 0x5d: // ]
        this.#depth -= 1;
        return this.#expectKey(false);
      case 0x2c: // ,
        return this.#expectKey(this.#isPlace);
      default:
        return undefined;
    }
  }

  /** What the string is that begins here. */
  roleOfString(): StringRole {
    if (this.#keyExpected) {
      this.#key = '';
      return 'key';
    }
    if (this.#kind !== undefined) return 'photo';
    return this.#isUnknownPhoto ? 'unknown photo' : 'other';
  }

  /** Note a piece of a key as it stands in the body. */
  noteKey(piece: string): void {
    if (this.#key.length <= LONGEST_KEY) this.#key += piece;
  }

  /**
   * The key is over.
   *
   * @throws {@link InvalidResponseError} when it names a photo, or the result, that the same object has named before: there is no
   *   telling which one is meant
   */
  endKey(): void {
    this.#keyExpected = false;
    this.#key = unescaped(this.#key);
    this.#kind = photoKindOf(this.#key);
    this.#isUnknownPhoto = this.#kind === undefined && NAME_OF_A_PHOTO.test(this.#key);
    if (this.#kind === undefined && !this.#isKeyOfResult) return;
    const place = `${this.#depth} ${this.#key}`;
    if (this.#seen.has(place)) throw new InvalidResponseError('the body has the same photo, or the result, twice');
    this.#seen.add(place);
  }

  #open(isObject: boolean): void {
    const isResult = this.#isKeyOfResult;
    this.#depth += 1;
    if (this.#depth < this.#places.length) this.#places[this.#depth] = isObject && (this.#depth === 1 || isResult);
    this.#expectKey(this.#isPlace);
  }

  #expectKey(expected: boolean): void {
    this.#keyExpected = expected;
    this.#kind = undefined;
    this.#isUnknownPhoto = false;
  }
}

function unescaped(key: string): string {
  if (!key.includes('\\')) return key;
  try {
    return JSON.parse(`"${key}"`) as string;
  } catch {
    // The parser of the rest will say what is wrong.
    return key;
  }
}

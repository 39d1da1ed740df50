import type { PhotoKind } from '../../libs/bankcard-ocr/src/card/card-photo.js';
import {
  bodyText,
  codeOf,
  isJsonObject,
  type JsonObject,
  withExactOrderNumbers,
} from '../../libs/bankcard-ocr/src/vendor/response/json-response.js';
import { decodeSlowly } from './slow-base64.js';

/** What an answer says: its photos by kind, and the rest of it, in which the texts of photos are empty. */
export interface Reading {
  readonly photos: ReadonlyMap<PhotoKind, Buffer | 'damaged'>;
  readonly json: JsonObject;
}

type Place = 'top' | 'result' | undefined;

const KINDS: readonly (readonly [name: RegExp, kind: PhotoKind])[] = [
  [/^ori?ginBankcardPhoto$/i, 'original'],
  [/^bankcardCropPhoto$/i, 'crop'],
  [/^bankcardNoPhoto$/i, 'numberStrip'],
];
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const FOUR_DIGITS = /^[0-9A-Fa-f]{4}$/;

/** One for all: an error of its own for each would take more time than the reading. */
const UNREADABLE = new Error('this is no answer');

/**
 * Read a whole answer at leisure: descend through all of it, take out the photos, and give the rest to JSON.parse.
 *
 * It differs from JSON.parse of everything in four things, all of them wanted: inside a photo, a control character or a byte that is no
 * UTF-8 is for Base64 to judge; the same photo, or the result, twice in an object is no answer; of several texts for one photo the first
 * that is neither empty nor `null` counts; and the bytes of the others, and of photos that nobody knows, are dropped.
 *
 * @returns undefined for what is no answer
 */
export function readAtLeisure(body: Buffer): Reading | undefined {
  const reader = new ReferenceReader(body.toString('latin1'));
  try {
    const rest = Buffer.from(reader.read(), 'latin1');
    const json: unknown = JSON.parse(withExactOrderNumbers(bodyText(rest)));
    return isJsonObject(json) && codeOf(json) !== undefined ? { photos: reader.photos, json } : undefined;
  } catch (error) {
    if (error === UNREADABLE || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class ReferenceReader {
  readonly photos = new Map<PhotoKind, Buffer | 'damaged'>();
  #at = 0;
  /** The text up to {@link #at}, without photos. */
  #rest = '';

  constructor(private readonly text: string) {}

  read(): string {
    if (this.text.startsWith('\u00ef\u00bb\u00bf')) this.#take(3);
    this.#value('top');
    this.#space();
    return this.#rest + this.text.slice(this.#at);
  }

  #value(place: Place, kind?: PhotoKind | 'unknown'): void {
    this.#space();
    const next = this.text[this.#at];
    if (next === '{') this.#object(place);
    else if (next === '[') this.#array();
    else if (next !== '"') this.#literal();
    else if (kind) this.#photo(kind);
    else this.#string();
  }

  #object(place: Place): void {
    const keys = new Set<string>();
    this.#list('{', '}', () => {
      const key = this.#string();
      const known = place && KINDS.find(([name]) => name.test(key))?.[1];
      const kind = known ?? (place && /photo$/i.test(key) ? 'unknown' : undefined);
      const isResult = place === 'top' && key === 'result';
      if ((known || isResult) && keys.has(key)) throw UNREADABLE;
      keys.add(key);
      this.#space();
      this.#expect(':');
      this.#value(isResult ? 'result' : undefined, kind);
    });
  }

  #array(): void {
    this.#list('[', ']', () => this.#value(undefined));
  }

  #list(open: string, close: string, readItem: () => void): void {
    this.#expect(open);
    this.#space();
    while (this.text[this.#at] !== close) {
      this.#space();
      readItem();
      this.#space();
      if (this.text[this.#at] !== close) this.#expect(',');
    }
    this.#expect(close);
  }

  #literal(): void {
    const literal = /[-+.\w]+/y;
    literal.lastIndex = this.#at;
    const match = literal.exec(this.text);
    if (!match) throw UNREADABLE;
    this.#take(match[0].length);
  }

  #string(): string {
    const start = this.#at;
    this.#expect('"');
    while (this.text[this.#at] !== '"') {
      if (this.#at >= this.text.length) throw UNREADABLE;
      this.#take(this.text[this.#at] === '\\' ? 2 : 1);
    }
    this.#expect('"');
    return JSON.parse(Buffer.from(this.text.slice(start, this.#at), 'latin1').toString()) as string;
  }

  #photo(kind: PhotoKind | 'unknown'): void {
    this.#expect('"');
    const start = this.#at;
    const characters: string[] = [];
    while (this.text[this.#at] !== '"') {
      const next = this.text[this.#at];
      if (next === undefined) throw UNREADABLE;
      this.#at += 1;
      characters.push(next === '\\' ? this.#escape() : next);
    }
    const isNull = this.text.slice(start, this.#at) === 'null';
    this.#expect('"');
    const text = characters.join('');
    if (kind === 'unknown' || text === '' || isNull || this.photos.has(kind)) return;
    this.photos.set(kind, decodeSlowly(text) ?? 'damaged');
  }

  #escape(): string {
    const letter = this.text[this.#at] ?? '';
    const digits = letter === 'u' ? this.text.slice(this.#at + 1, this.#at + 5) : undefined;
    if (digits !== undefined && !FOUR_DIGITS.test(digits)) throw UNREADABLE;
    this.#at += digits === undefined ? 1 : 5;
    const character = digits === undefined ? SHORT_ESCAPES[letter] : String.fromCharCode(Number.parseInt(digits, 16));
    if (character === undefined) throw UNREADABLE;
    return character;
  }

  #space(): void {
    while (' \t\r\n'.includes(this.text[this.#at] ?? 'x')) this.#take(1);
  }

  #expect(character: string): void {
    if (this.text[this.#at] !== character) throw UNREADABLE;
    this.#take(1);
  }

  #take(length: number): void {
    this.#rest += this.text.slice(this.#at, this.#at + length);
    this.#at += length;
  }
}

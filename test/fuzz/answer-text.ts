import type { Random } from './random.js';

/** Where something stands in a body, in bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What may stand in a string as it is. */
const PLAIN = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_= {}[],:键');

/** Writes JSON as no encoder would: white space anywhere, every character escaped now and then. */
export class AnswerText {
  /** What is between the quotation marks of the photos, and whole members with key and value. */
  readonly photos: Span[] = [];
  readonly members: Span[] = [];
  readonly #pieces: Buffer[] = [];
  #size = 0;

  constructor(private readonly random: Random) {}

  get body(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  object(members: readonly (readonly [key: string, writeValue: () => void])[]): void {
    this.#token('{');
    for (const [index, [key, writeValue]] of members.entries()) {
      if (index > 0) this.#token(',');
      const start = this.#size;
      this.string(key);
      this.#token(':');
      writeValue();
      this.members.push({ start, end: this.#size });
    }
    this.#token('}');
  }

  /** A value that JSON.stringify writes. */
  json(value: unknown): void {
    this.#token(JSON.stringify(value));
  }

  string(text: string): void {
    this.#token(`"${this.#escaped(text)}"`);
  }

  photo(text: string): void {
    const escaped = this.#escaped(text);
    const start = this.#size + 1;
    this.#write(`"${escaped}"`);
    this.photos.push({ start, end: start + escaped.length });
  }

  #escaped(text: string): string {
    const plain = JSON.stringify(text).slice(1, -1);
    switch (this.random.below(8)) {
      case 0:
        return plain.replaceAll('/', '\\/');
      case 1:
        return plain.replaceAll('+', '\\u002B').replaceAll('/', '\\/').replaceAll('=', '\\u003d');
      case 2:
        return this.#eachUnit(text, text.length < 50 ? 1 : 30);
      case 3:
        return this.#eachUnit(text, 9);
      default:
        return plain;
    }
  }

  #eachUnit(text: string, once: number): string {
    let escaped = '';
    for (let at = 0; at < text.length; at += 1) {
      const isPlain = PLAIN.has(text[at]!) && !this.random.once(once);
      escaped += isPlain ? text[at]! : unicodeEscape(text.charCodeAt(at));
    }
    return escaped;
  }

  #token(text: string): void {
    const space = () => (this.random.once(12) ? this.random.pick([' ', '\n', '\r\n', '\t', '   ']) : '');
    this.#write(`${space()}${text}${space()}`);
  }

  #write(text: string): void {
    const bytes = Buffer.from(text);
    this.#pieces.push(bytes);
    this.#size += bytes.length;
  }
}

function unicodeEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

import { InvalidResponseError, NULL_TEXT } from '../json-response.js';
import type { PhotoTarget } from '../photo-buffers.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Finds where a JSON string ends, across chunks: at a quotation mark with an even number of backslashes before it. */
export class StringEnd {
  /** Whether the chunk before ended in an odd number of backslashes: they escape whatever comes next. */
  #escaped = false;

  /** @returns the index of the closing quotation mark; -1 when it is not in this chunk */
  find(chunk: Buffer, start: number): number {
    for (let from = start; ;) {
      const quote = chunk.indexOf(QUOTE, from);
      const end = quote < 0 ? chunk.length : quote;
      let first = end;
      while (first > from && chunk[first - 1] === BACKSLASH) first -= 1;
      let escaped = (end - first) % 2 === 1;
      if (first === start && this.#escaped) escaped = !escaped;
      if (quote < 0) this.#escaped = escaped;
      if (quote < 0 || !escaped) return quote;
      from = quote + 1;
    }
  }
}

/** So many characters are decoded at once at most, because what they decode to has to have a place. */
export const LONGEST_PIECE = 64 * 1024;

/** The JSON string of one photo, from behind its opening quotation mark to behind the closing one. */
export class PhotoString {
  next = 0;
  ended = false;
  #base64: Base64Text | undefined;
  readonly #end = new StringEnd();
  #begun = '';
  /** The beginning of what may become no photo at all. */
  #held = '';

  constructor(private readonly openTarget: () => PhotoTarget) {}

  /** How it came; undefined for a string that is empty, or the text `null`. */
  get outcome(): 'whole' | 'damaged' | undefined {
    return this.#base64 && (this.#base64.damaged ? 'damaged' : 'whole');
  }

  /** Up to {@link next}. @returns a promise to wait for before anything else. @throws InvalidResponseError */
  write(chunk: Buffer, at: number): Promise<void> | undefined {
    const piece = chunk.subarray(at, at + LONGEST_PIECE);
    const quote = this.#end.find(piece, 0);
    this.ended = quote >= 0;
    const length = this.ended ? quote : piece.length;
    this.next = at + length + (this.ended ? 1 : 0);
    const text = piece.toString('latin1', 0, length);
    if (!this.#base64 && length > 0 && !MAY_BE_NULL.test(this.#held + this.#begun + text)) this.#open();
    const delay = this.#take(this.#unescaped(text));
    if (!this.ended) return delay;
    if (this.#begun !== '') throw new InvalidResponseError('the body is not JSON: a string ends within an escape');
    return delay ? delay.then(() => this.#base64?.end()) : this.#base64?.end();
  }

  #open(): Base64Text {
    return (this.#base64 = new Base64Text(this.openTarget()));
  }

  #take(piece: string): Promise<void> | undefined {
    if (this.#base64) return this.#base64.write(piece);
    const text = this.#held + piece;
    this.#held = text;
    const isNothing = text === '' || (this.ended ? text === NULL_TEXT : NULL_TEXT.startsWith(text));
    return isNothing ? undefined : this.#open().write(text);
  }

  /** Some encoders write `\/` for every slash, or `\u003d` for an equals sign. */
  #unescaped(piece: string): string {
    const text = this.#begun + piece;
    if (!text.includes('\\')) return text;
    this.#begun = BEGUN_ESCAPE.exec(text)?.[1] ?? '';
    return resolveEscapes(text.slice(0, text.length - this.#begun.length));
  }
}

/** The first letter, or an escape, which may be that letter. */
const MAY_BE_NULL = /^[n\\]/;
/** At the end of a text that has more to come; backslashes before it are escapes two by two. */
const BEGUN_ESCAPE = /(?:^|[^\\])(?:\\\\)*(\\(?:u[0-9A-Fa-f]{0,3})?)$/;
const ESCAPE = /\\(?:u[0-9A-Fa-f]{4}|[^])/g;

function resolveEscapes(text: string): string {
  try {
    return text.replace(ESCAPE, (escape) => {
      const character = JSON.parse(`"${escape}"`) as string;
      // No character of Base64: that it is another one is enough.
      return character > '\xff' ? ' ' : character;
    });
  } catch {
    throw new InvalidResponseError('the body is not JSON: a string has an unknown escape');
  }
}

/** Apart, because V8 replaces a constant text faster than a set of characters. */
const LINE_FEEDS = /\n/g;
const CARRIAGE_RETURNS = /\r/g;
const BASE64 = /^([A-Za-z0-9+/_-]*)={0,2}$/;

/**
 * Places that are used again. V8 counts the memory of Buffers when it decides to collect all of its heap: with a new place for
 * each photo, some processes do so several times as often as others.
 */
const freePlaces: Buffer[] = [];
const MOST_FREE_PLACES = 32;
const NO_PLACE = Buffer.alloc(0);

/**
 * Decodes Base64 in pieces, with padding or none, line breaks allowed, in either alphabet. Node's decoder skips what it
 * does not know: only a piece that gave less than it should is looked at.
 */
export class Base64Text {
  damaged = false;
  #place = freePlaces.pop() ?? Buffer.allocUnsafeSlow((LONGEST_PIECE / 4 + 2) * 3);
  /** What is left of a piece behind its last whole group of four, padding included. */
  #rest = '';
  #isEmpty = true;

  constructor(private readonly target: PhotoTarget) {}

  /** @param piece {@link LONGEST_PIECE} characters of one byte at most. @returns to be awaited before the next one */
  write(piece: string): Promise<void> | undefined {
    if (this.damaged || piece === '') return undefined;
    const text = piece.includes('\n') || piece.includes('\r') ? withoutLineBreaks(piece) : piece;
    const missing = (4 - (this.#rest.length % 4)) % 4;
    const whole = missing + ((text.length - missing) & ~3);
    if (text.length < missing) return this.#writeUpToPadding(this.#rest + text);
    // Apart, because to join the rest with all of the text would copy it.
    const first = this.#place.write(this.#rest + text.slice(0, missing), 'base64');
    const size = first + this.#place.write(text.slice(missing, whole), first, 'base64');
    if (size !== ((this.#rest.length + whole) / 4) * 3) return this.#writeUpToPadding(this.#rest + text);
    this.#rest = text.slice(whole);
    return this.#deliver(size);
  }

  end(): Promise<void> | undefined {
    if (this.damaged) return undefined;
    const data = BASE64.exec(this.#rest)?.[1];
    // One character alone is less than a byte.
    if (data === undefined || data.length === 1) return this.#damage();
    const delay = this.#deliver(this.#place.write(data, 'base64'));
    if (this.#isEmpty) return this.#damage();
    return delay ? delay.then(() => this.#endTarget()) : this.#endTarget();
  }

  #writeUpToPadding(text: string): Promise<void> | undefined {
    const data = BASE64.exec(text)?.[1];
    if (data === undefined) return this.#damage();
    const whole = data.length & ~3;
    this.#rest = text.slice(whole);
    return this.#deliver(this.#place.write(data.slice(0, whole), 'base64'));
  }

  #deliver(size: number): Promise<void> | undefined {
    if (size === 0) return undefined;
    this.#isEmpty = false;
    return this.target.write(this.#place.subarray(0, size));
  }

  /** The target is done with the last piece, and the place is free. */
  #endTarget(): Promise<void> | undefined {
    if (freePlaces.length < MOST_FREE_PLACES) freePlaces.push(this.#place);
    this.#place = NO_PLACE;
    return this.target.end();
  }

  #damage(): undefined {
    this.damaged = true;
    this.target.damaged();
  }
}

function withoutLineBreaks(text: string): string {
  return text.replace(LINE_FEEDS, '').replace(CARRIAGE_RETURNS, '');
}

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
    const delay = this.#take(piece.toString('latin1', 0, length));
    if (!this.ended) return delay;
    return delay ? delay.then(() => this.#base64?.end()) : this.#base64?.end();
  }

  #take(piece: string): Promise<void> | undefined {
    if (this.#base64) return this.#base64.write(piece);
    const text = this.#held + piece;
    if (this.ended ? text === '' || text === NULL_TEXT : NULL_TEXT.startsWith(text)) {
      this.#held = text;
      return undefined;
    }
    this.#base64 = new Base64Text(this.openTarget());
    return this.#base64.write(text);
  }
}

/** At the end of a text that has more to come; backslashes before it are escapes two by two. */
const BEGUN_ESCAPE = /(?:^|[^\\])(?:\\\\)*(\\(?:u[0-9A-Fa-f]{0,3})?)$/;
const ESCAPE = /\\(?:u[0-9A-Fa-f]{4}|[^])/g;

/** Some encoders write `\/` for every slash, or `\u003d` for an equals sign. */
function resolveEscapes(text: string): string {
  try {
    return text.replace(ESCAPE, (escape) => {
      const character = JSON.parse(`"${escape}"`) as string;
      // No character of Base64: that it is another one is enough. A backslash would seem to begin an escape.
      return character > '\xff' || character === '\\' ? ' ' : character;
    });
  } catch {
    throw new InvalidResponseError('the body is not JSON: a string has an unknown escape');
  }
}

const LINE_BREAKS = /[\r\n]+/g;
const BASE64 = /^([A-Za-z0-9+/_-]*)={0,2}$/;

/**
 * Places that are used again. V8 counts the memory of Buffers when it decides to collect all of its heap: with a new place for
 * each photo, some processes do so several times as often as others.
 */
const freePlaces: Buffer[] = [];
const MOST_FREE_PLACES = 32;

/**
 * Decodes Base64 inside a JSON string in pieces: with padding or none, line breaks and escapes allowed, in either alphabet.
 * Node's decoder skips what it does not know: only what gave fewer bytes than it should is looked at.
 */
export class Base64Text {
  damaged = false;
  #place: Buffer | undefined;
  /** What is left of a piece behind its last whole group of four; a begun escape comes last. */
  #rest = '';
  /** Something else than Base64 has come: most likely line breaks, and more of them follow. */
  #isMixed = false;
  #isEmpty = true;

  constructor(private readonly target: PhotoTarget) {}

  /**
   * @param piece {@link LONGEST_PIECE} characters of one byte at most
   * @returns to be awaited before the next one
   * @throws InvalidResponseError when it has an escape that JSON does not know
   */
  write(piece: string): Promise<void> | undefined {
    const bytes = this.#isMixed ? undefined : this.#decode(piece);
    return bytes ? this.#deliver(bytes) : this.#writeMixed(this.#rest + piece);
  }

  end(): Promise<void> | undefined {
    const text = resolveEscapes(this.#rest).replace(LINE_BREAKS, '');
    if (this.damaged) return undefined;
    const data = BASE64.exec(text)?.[1];
    // One character alone is less than a byte.
    if (data === undefined || data.length === 1) return this.#damage();
    const delay = this.#deliver(this.#decodeChecked(data));
    if (this.#isEmpty) return this.#damage();
    return delay ? delay.then(() => this.#endTarget()) : this.#endTarget();
  }

  /** Of a damaged photo, too: an escape that JSON does not know spoils the whole body. */
  #writeMixed(text: string): Promise<void> | undefined {
    this.#isMixed = true;
    const begun = text.includes('\\') ? (BEGUN_ESCAPE.exec(text)?.[1] ?? '') : '';
    const characters = resolveEscapes(text.slice(0, text.length - begun.length)).replace(LINE_BREAKS, '');
    this.#rest = '';
    const bytes = this.damaged ? undefined : (this.#decode(characters) ?? this.#decodeUpToPadding(characters));
    this.#rest += begun;
    return bytes && this.#deliver(bytes);
  }

  /** @returns undefined, and changes nothing, when there is anything but Base64 */
  #decode(text: string): Buffer | undefined {
    const missing = (4 - (this.#rest.length % 4)) % 4;
    if (text.length < missing) return undefined;
    const whole = missing + ((text.length - missing) & ~3);
    const size = ((this.#rest.length + whole) / 4) * 3;
    const place = this.#placeFor(size);
    // Apart, because to join the rest with all of the text would copy it.
    const first = place.write(this.#rest + text.slice(0, missing), 'base64');
    if (first + place.write(text.slice(missing, whole), first, 'base64') !== size) return undefined;
    this.#rest = text.slice(whole);
    return place.subarray(0, size);
  }

  #decodeUpToPadding(text: string): Buffer | undefined {
    const data = BASE64.exec(text)?.[1];
    if (data === undefined) return this.#damage();
    const whole = data.length & ~3;
    this.#rest = text.slice(whole);
    return this.#decodeChecked(data.slice(0, whole));
  }

  #decodeChecked(data: string): Buffer {
    const place = this.#placeFor(Math.ceil((data.length / 4) * 3));
    return place.subarray(0, place.write(data, 'base64'));
  }

  #placeFor(size: number): Buffer {
    if (this.target.room) return this.target.room(size);
    return (this.#place ??= freePlaces.pop() ?? Buffer.allocUnsafeSlow((LONGEST_PIECE / 4 + 2) * 3));
  }

  #deliver(bytes: Buffer): Promise<void> | undefined {
    if (bytes.length === 0) return undefined;
    this.#isEmpty = false;
    return this.target.write(bytes);
  }

  /** The target is done with the last piece, and the place is free. */
  #endTarget(): Promise<void> | undefined {
    if (this.#place && freePlaces.length < MOST_FREE_PLACES) freePlaces.push(this.#place);
    this.#place = undefined;
    return this.target.end();
  }

  #damage(): undefined {
    this.damaged = true;
    this.target.damaged();
  }
}

import type { PhotoTarget } from '../photo-buffers.js';
import { EscapedText, StringEnd } from './json-string.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The JSON string of one photo, from behind its opening quotation mark to behind the closing one. */
export class PhotoString {
  /** Where in the chunk it goes on. */
  next = 0;
  ended = false;
  #text: Base64Text | undefined;
  /** From the first backslash on: some encoders write `\/` for every slash. */
  #escaped: { readonly text: EscapedText; readonly end: StringEnd } | undefined;

  constructor(private readonly openTarget: () => PhotoTarget) {}

  /** How it came; undefined for an empty string. */
  get outcome(): 'whole' | 'damaged' | undefined {
    return this.#text && (this.#text.damaged ? 'damaged' : 'whole');
  }

  /**
   * Read on in a chunk, up to {@link next}.
   *
   * @returns a promise to wait for before anything else is done
   * @throws InvalidResponseError
   */
  write(chunk: Buffer, at: number): Promise<void> | undefined {
    const piece = chunk.subarray(at, at + LONGEST_PIECE);
    const delay = this.#escaped ? this.#writeEscaped(piece, at, this.#escaped) : this.#writePlain(piece, at);
    if (!this.ended) return delay;
    return delay ? delay.then(() => this.#text?.end()) : this.#text?.end();
  }

  #writePlain(piece: Buffer, at: number): Promise<void> | undefined {
    const quote = piece.indexOf(QUOTE);
    let end = quote < 0 ? piece.length : quote;
    const backslash = piece.indexOf(BACKSLASH);
    if (backslash >= 0 && backslash < end) {
      end = backslash;
      this.#escaped = { text: new EscapedText(), end: new StringEnd() };
    }
    this.ended = end === quote;
    this.next = at + end + (this.ended ? 1 : 0);
    return this.#decode(piece.toString('latin1', 0, end));
  }

  #writeEscaped(
    piece: Buffer,
    at: number,
    { text, end }: { readonly text: EscapedText; readonly end: StringEnd },
  ): Promise<void> | undefined {
    const quote = end.find(piece, 0);
    this.ended = quote >= 0;
    this.next = at + (this.ended ? quote + 1 : piece.length);
    const resolved = text.resolve(piece.toString('latin1', 0, this.ended ? quote : piece.length));
    if (this.ended) text.end();
    return this.#decode(resolved);
  }

  #decode(text: string): Promise<void> | undefined {
    if (text === '') return undefined;
    this.#text ??= new Base64Text(this.openTarget());
    return this.#text.write(text);
  }
}

/** So many characters are decoded at once at most, because what they decode to has to have a place. */
export const LONGEST_PIECE = 64 * 1024;

/** Apart, because V8 replaces a constant text faster than a set of characters. */
const LINE_FEEDS = /\n/g;
const CARRIAGE_RETURNS = /\r/g;
const DATA = /^[A-Za-z0-9+/_-]*/;
const PADDING = /^=*$/;
const MOST_PADDING = 2;

/**
 * Decodes Base64 that arrives in pieces, cut anywhere: with padding or none, line breaks allowed, in the usual alphabet or
 * the one for URLs. Anything else damages it.
 *
 * Node's decoder skips what it does not know and is fast as long as there is nothing to skip. So a piece is decoded as if
 * it were flawless, and only one that gave less than it should is looked at.
 */
export class Base64Text {
  readonly #place = Buffer.allocUnsafe((LONGEST_PIECE / 4 + 1) * 3);
  /** What is left of a piece behind its last whole group of four; it has not been looked at. */
  #rest = '';
  /** How many `=` have come; nothing but line breaks may follow them. */
  #padding = 0;
  #size = 0;
  #damaged = false;

  constructor(private readonly target: PhotoTarget) {}

  get damaged(): boolean {
    return this.#damaged;
  }

  /**
   * @param piece {@link LONGEST_PIECE} characters at most, of one byte each: of longer ones the decoder takes the lowest
   * @returns the promise of the target, to be waited for before the next piece
   */
  write(piece: string): Promise<void> | undefined {
    if (this.#damaged) return undefined;
    const text = piece.includes('\n') ? withoutLineBreaks(piece) : piece;
    const missing = (4 - this.#rest.length) % 4;
    if (this.#padding > 0 || text.length < missing) return this.#writeWithCare(text, false);
    const whole = missing + ((text.length - missing) & ~3);
    const first = missing === 0 ? 0 : this.#place.write(this.#rest + text.slice(0, missing), 'base64');
    const size = first + this.#place.write(text.slice(missing, whole), first, 'base64');
    if (size !== ((this.#rest.length + whole) / 4) * 3) return this.#writeWithCare(text, false);
    this.#rest = text.slice(whole);
    return this.#deliver(size);
  }

  /** The text is over. */
  end(): Promise<void> | undefined {
    if (this.#damaged) return undefined;
    const delay = this.#writeWithCare('', true);
    if (this.#damaged) return undefined;
    if (this.#size === 0) return this.#damage();
    return delay ? delay.then(() => this.target.end()) : this.target.end();
  }

  #writeWithCare(text: string, isLast: boolean): Promise<void> | undefined {
    const clean = withoutLineBreaks(this.#rest + text);
    const data = this.#padding > 0 ? '' : (DATA.exec(clean)?.[0] ?? '');
    const tail = clean.slice(data.length);
    this.#padding += tail.length;
    if (!PADDING.test(tail) || this.#padding > MOST_PADDING) return this.#damage();
    const noMoreData = isLast || this.#padding > 0;
    // One character alone is less than a byte.
    if (noMoreData && data.length % 4 === 1) return this.#damage();
    const whole = noMoreData ? data.length : data.length & ~3;
    this.#rest = data.slice(whole);
    return this.#deliver(this.#place.write(data.slice(0, whole), 'base64'));
  }

  #deliver(size: number): Promise<void> | undefined {
    this.#size += size;
    return size === 0 ? undefined : this.target.write(this.#place.subarray(0, size));
  }

  #damage(): undefined {
    this.#damaged = true;
    this.target.damaged();
  }
}

function withoutLineBreaks(text: string): string {
  return text.replace(LINE_FEEDS, '').replace(CARRIAGE_RETURNS, '');
}

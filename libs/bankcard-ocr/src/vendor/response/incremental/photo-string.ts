import type { PhotoTarget } from '../photo-buffers.js';
import { Base64Text, LONGEST_PIECE } from './base64-text.js';
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
    const held = this.#escaped ? this.#writeEscaped(piece, at, this.#escaped) : this.#writePlain(piece, at);
    if (!this.ended) return held;
    return held ? held.then(() => this.#text?.end()) : this.#text?.end();
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

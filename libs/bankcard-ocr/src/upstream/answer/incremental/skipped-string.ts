import { StringEnd } from './string-end.js';

/**
 * A JSON string that nobody wants, as large as a photo: the second text of one, or one that nobody here knows. It is read
 * from behind its opening quotation mark to behind the closing one, and not judged.
 */
export class SkippedString {
  /** Where in the chunk it goes on. */
  next = 0;
  ended = false;
  readonly #end = new StringEnd();

  /** Read on in a chunk, up to {@link next}. */
  write(chunk: Buffer, at: number): undefined {
    const quote = this.#end.find(chunk, at);
    this.ended = quote >= 0;
    this.next = this.ended ? quote + 1 : chunk.length;
  }
}

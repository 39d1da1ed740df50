import type { AnswerReader } from '../http/response-receiver.js';
import { type JsonObject, MOST_JSON_BYTES, readJsonAnswer, TooLarge } from './json-response.js';

/** Reads an answer without photos: all of it, then as JSON. */
export class JsonAnswerReader implements AnswerReader {
  readonly #pieces: Buffer[] = [];
  #size = 0;
  #other: AnswerReader | undefined;

  /**
   * @param readerOfLarge reads those that are too large to be collected; without it they are refused
   */
  constructor(private readonly readerOfLarge?: () => AnswerReader) {}

  write(bytes: Buffer): Promise<void> | undefined {
    if (this.#other) return this.#other.write(bytes);
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    return this.#size > MOST_JSON_BYTES ? this.#handOver() : undefined;
  }

  end(): JsonObject {
    if (this.#other) return this.#other.end();
    const [first] = this.#pieces;
    return readJsonAnswer(this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces));
  }

  #handOver(): Promise<void> | undefined {
    if (!this.readerOfLarge) throw new TooLarge();
    this.#other = this.readerOfLarge();
    return this.#other.write(Buffer.concat(this.#pieces.splice(0)));
  }
}

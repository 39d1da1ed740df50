import type { ResponseReader } from '../http/response-receiver.js';
import { type JsonObject, MOST_JSON_BYTES, readJsonResponse, ResponseTooLargeError } from './json-response.js';

/** Reads an answer without photos: all of it, then as JSON. */
export class JsonResponseReader implements ResponseReader {
  readonly #pieces: Buffer[] = [];
  #size = 0;
  #other: ResponseReader | undefined;

  /**
   * @param readerOfLarge reads those that are too large to be collected; without it they are refused
   */
  constructor(private readonly readerOfLarge?: () => ResponseReader) {}

  write(bytes: Buffer): Promise<void> | undefined {
    if (this.#other) return this.#other.write(bytes);
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    return this.#size > MOST_JSON_BYTES ? this.#handOver() : undefined;
  }

  end(): JsonObject {
    if (this.#other) return this.#other.end();
    const [first] = this.#pieces;
    return readJsonResponse(this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces));
  }

  #handOver(): Promise<void> | undefined {
    if (!this.readerOfLarge) throw new ResponseTooLargeError();
    this.#other = this.readerOfLarge();
    return this.#other.write(Buffer.concat(this.#pieces.splice(0)));
  }
}

import type { AnswerReader } from '../answer-intake.js';
import { type JsonObject, readJsonAnswer } from './json-answer.js';

/** Reads an answer without photos: all of it, then as JSON. */
export class JsonAnswerReader implements AnswerReader {
  readonly #pieces: Buffer[] = [];

  write(bytes: Buffer): undefined {
    this.#pieces.push(bytes);
  }

  end(): JsonObject {
    const [first] = this.#pieces;
    return readJsonAnswer(this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces));
  }
}

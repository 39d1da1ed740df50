import type { PhotoKind } from '../../../card/card-photo.js';
import {
  type JsonObject,
  MOST_JSON_BYTES,
  readJsonResponse,
  type ResponseReader,
  ResponseTooLargeError,
} from '../json-response.js';
import type { PhotoArrivals, PhotoTargets } from '../photo-buffers.js';
import { ResponseStructure } from './response-structure.js';
import { PhotoString } from './photo-string.js';
import { SkippedString, StringEnd } from './json-string.js';

const QUOTE = 0x22;
/** Of Base64, three bytes in four characters. */
const MOST_BYTES_PER_CHARACTER = 3 / 4;
/** Stands for the text of a photo in what is left for the JSON parser. */
const CLOSED_STRING = Buffer.from('"');

/**
 * Reads the response with a result while it arrives, in one pass: the photos, which are nearly all of it, are decoded
 * straight from its bytes; what is left is some hundred bytes of JSON.
 */
export class ResultResponseReader implements ResponseReader {
  readonly #arrivals = new Map<PhotoKind, 'whole' | 'damaged'>();
  readonly #structure = new ResponseStructure();
  readonly #remains: Buffer[] = [];
  #remainsSize = 0;
  #string: { readonly isKey: boolean; readonly end: StringEnd } | undefined;
  #photo: { readonly kind: PhotoKind; readonly text: PhotoString } | { readonly text: SkippedString } | undefined;
  #expectedBytes: number | undefined;
  /** In the chunks before this one. */
  #readBytes = 0;

  constructor(private readonly targets: PhotoTargets) {}

  /** The photos so far. Of several texts for one of them the first that is not empty counts. */
  get arrivals(): PhotoArrivals {
    return this.#arrivals;
  }

  expect(bytes: number): void {
    this.#expectedBytes = bytes;
  }

  write(bytes: Buffer): Promise<void> | undefined {
    return this.#goOn(bytes, 0);
  }

  end(): JsonObject {
    return readJsonResponse(Buffer.concat(this.#remains));
  }

  #goOn(chunk: Buffer, start: number): Promise<void> | undefined {
    let at = start;
    while (at < chunk.length) {
      if (this.#photo) {
        const { text } = this.#photo;
        const delay = text.write(chunk, at);
        at = text.next;
        if (delay) {
          const next = at;
          return delay.then(() => {
            this.#notePhoto();
            return this.#goOn(chunk, next);
          });
        }
        this.#notePhoto();
      } else {
        const next = this.#readUpToPhoto(chunk, at);
        this.#keep(chunk.subarray(at, next));
        at = next;
      }
    }
    this.#readBytes += chunk.length;
    return undefined;
  }

  /** @returns the index behind the opening quotation mark of a photo, or the end of the chunk */
  #readUpToPhoto(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length) {
      if (this.#string) {
        at = this.#readString(chunk, at, this.#string);
        continue;
      }
      const byte = chunk[at] ?? 0;
      at += 1;
      if (byte !== QUOTE) {
        this.#structure.note(byte);
        continue;
      }
      const { kind } = this.#structure;
      const role = this.#structure.roleOfString();
      if (role === 'photo' && kind !== undefined && !this.#arrivals.has(kind)) {
        this.#beginPhoto(kind, at);
        return at;
      }
      if (role === 'photo' || role === 'unknown photo') {
        // As large as a photo that is wanted, and of no use.
        this.#photo = { text: new SkippedString() };
        return at;
      }
      this.#string = { isKey: role === 'key', end: new StringEnd() };
    }
    return at;
  }

  #readString(chunk: Buffer, start: number, { isKey, end }: { isKey: boolean; end: StringEnd }): number {
    const quote = end.find(chunk, start);
    const stop = quote < 0 ? chunk.length : quote;
    if (isKey) this.#structure.noteKey(chunk.toString('latin1', start, stop));
    if (quote < 0) return stop;
    if (isKey) this.#structure.endKey();
    this.#string = undefined;
    return stop + 1;
  }

  #keep(bytes: Buffer): void {
    this.#remainsSize += bytes.length;
    if (this.#remainsSize > MOST_JSON_BYTES) throw new ResponseTooLargeError();
    // Copied, so that some bytes do not keep a whole chunk alive.
    this.#remains.push(Buffer.from(bytes));
  }

  #beginPhoto(kind: PhotoKind, at: number): void {
    const left = this.#expectedBytes === undefined ? undefined : this.#expectedBytes - this.#readBytes - at;
    const mostBytes = left === undefined ? undefined : Math.ceil(Math.max(0, left) * MOST_BYTES_PER_CHARACTER);
    this.#photo = { kind, text: new PhotoString(() => this.targets.open(kind, mostBytes)) };
  }

  #notePhoto(): void {
    const photo = this.#photo;
    if (!photo?.text.ended) return;
    if ('kind' in photo && photo.text.outcome) this.#arrivals.set(photo.kind, photo.text.outcome);
    this.#photo = undefined;
    this.#keep(CLOSED_STRING);
  }
}

import type { PhotoKind } from '../../../card/card-photo.js';
import {
  InvalidResponseError,
  type JsonObject,
  MOST_JSON_BYTES,
  readJsonResponse,
  type ResponseReader,
  ResponseTooLargeError,
} from '../json-response.js';
import { NOWHERE, type PhotoTargets } from '../photo-buffers.js';
import { photoKindOf } from '../result-response.js';
import { PhotoString, StringEnd } from './photo-string.js';

const QUOTE = 0x22;
/** Of Base64, three bytes in four characters. */
const MOST_BYTES_PER_CHARACTER = 3 / 4;
/** Stands for the text of a photo in what is left for the JSON parser. */
const CLOSED_STRING = Buffer.from('"');

/** In one pass: photos, nearly all of it, are decoded straight from the bytes; some hundred bytes are left for JSON. */
export class ResultResponseReader<Kind extends string = PhotoKind> implements ResponseReader {
  /** The photos so far, and how they came. Of several texts for one of them the first that says something counts. */
  readonly arrivals = new Map<Kind, 'whole' | 'damaged'>();
  readonly #structure: ResponseStructure<Kind>;
  readonly #remains: Buffer[] = [];
  #remainsSize = 0;
  #string: { readonly isKey: boolean; readonly end: StringEnd } | undefined;
  #photo: { readonly kind: Kind | undefined; readonly text: PhotoString } | undefined;
  #expectedBytes: number | undefined;
  #readBytes = 0;

  /** @param kindOf which photo the field of a name has, undefined for other fields. @default those of bank cards */
  constructor(
    private readonly targets: PhotoTargets<Kind>,
    kindOf = photoKindOf as (name: string) => Kind | undefined,
  ) {
    this.#structure = new ResponseStructure(kindOf);
  }

  expect(bytes: number): void {
    this.#expectedBytes = bytes;
  }

  write(chunk: Buffer, start = 0): Promise<void> | undefined {
    let at = start;
    while (at < chunk.length) {
      if (!this.#photo) {
        const next = this.#readUpToPhoto(chunk, at);
        this.#keep(chunk.subarray(at, next));
        at = next;
        continue;
      }
      const { text } = this.#photo;
      const delay = text.write(chunk, at);
      at = text.next;
      if (delay) {
        return delay.then(() => {
          this.#notePhoto();
          return this.write(chunk, text.next);
        });
      }
      this.#notePhoto();
    }
    this.#readBytes += chunk.length;
    return undefined;
  }

  end(): JsonObject {
    return readJsonResponse(Buffer.concat(this.#remains));
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
      const role = this.#structure.roleOfString();
      if (role !== 'key' && role !== 'other') {
        this.#beginPhoto(role, at);
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

  #beginPhoto(role: { readonly kind: Kind | undefined }, at: number): void {
    const kind = role.kind === undefined || this.arrivals.has(role.kind) ? undefined : role.kind;
    const left = this.#expectedBytes === undefined ? undefined : this.#expectedBytes - this.#readBytes - at;
    const mostBytes = left === undefined ? undefined : Math.ceil(Math.max(0, left) * MOST_BYTES_PER_CHARACTER);
    const open = () => (kind ? this.targets.open(kind, mostBytes) : NOWHERE.open());
    this.#photo = { kind, text: new PhotoString(open) };
  }

  #notePhoto(): void {
    const { kind, text } = this.#photo!;
    if (!text.ended) return;
    if (kind && text.outcome) this.arrivals.set(kind, text.outcome);
    this.#photo = undefined;
    this.#keep(CLOSED_STRING);
  }
}

/** A key with every letter escaped is not longer; the key of a photo has 19 letters. */
const LONGEST_KEY = 6 * 32;

/** As Tencent names all of its photos; the next one that it thinks of will be as large as they are. */
const NAME_OF_A_PHOTO = /photo$/i;

/** Finds the photos at the top, or under `result` (protocol.md section 3). A JSON parser checks the rest. */
export class ResponseStructure<Kind extends string = PhotoKind> {
  #depth = 0;
  #isInResult = false;
  #isKeyExpected = false;
  #key = '';
  readonly #seen = new Set<string>();

  constructor(private readonly kindOf = photoKindOf as (name: string) => Kind | undefined) {}

  note(byte: number): void {
    switch (byte) {
      case 0x7b: // {
      case 0x5b: // [
        if (this.#depth === 1) this.#isInResult = byte === 0x7b && this.#key === 'result';
        this.#depth += 1;
        return this.#expectKey(byte === 0x7b);
      case 0x7d: // }
      case 0x5d: // ]
        this.#depth -= 1;
        return this.#expectKey(false);
      case 0x2c: // ,
        return this.#expectKey(true);
      default:
        return undefined;
    }
  }

  /** What the string is that begins here; an unknown kind of photo is undefined. */
  roleOfString(): 'key' | { readonly kind: Kind | undefined } | 'other' {
    if (this.#isKeyExpected) return 'key';
    const kind = this.kindOf(this.#key);
    return kind !== undefined || NAME_OF_A_PHOTO.test(this.#key) ? { kind } : 'other';
  }

  noteKey(piece: string): void {
    if (this.#key.length <= LONGEST_KEY) this.#key += piece;
  }

  /** @throws {@link InvalidResponseError} for a photo, or the result, named twice: which is meant is unknown */
  endKey(): void {
    this.#isKeyExpected = false;
    if (this.#key.includes('\\')) this.#key = unescaped(this.#key);
    const isResult = this.#depth === 1 && this.#key === 'result';
    if (!isResult && this.kindOf(this.#key) === undefined) return;
    const place = `${this.#depth} ${this.#key}`;
    if (this.#seen.has(place)) throw new InvalidResponseError('the body has the same photo, or the result, twice');
    this.#seen.add(place);
  }

  #expectKey(isExpected: boolean): void {
    this.#isKeyExpected = isExpected && (this.#depth === 1 || (this.#depth === 2 && this.#isInResult));
    this.#key = '';
  }
}

function unescaped(key: string): string {
  try {
    return JSON.parse(`"${key}"`) as string;
  } catch {
    // The parser of the rest will say what is wrong.
    return key;
  }
}

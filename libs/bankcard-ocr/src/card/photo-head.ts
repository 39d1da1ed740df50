/** The first bytes of a photo that arrives in pieces, cut anywhere. */
export class PhotoHead {
  readonly #place: Buffer;
  #length = 0;

  /** @param most how many bytes are kept */
  constructor(most: number) {
    this.#place = Buffer.alloc(most);
  }

  /** What has come so far. */
  get bytes(): Buffer {
    return this.#place.subarray(0, this.#length);
  }

  write(bytes: Buffer): void {
    if (this.#length < this.#place.length) this.#length += bytes.copy(this.#place, this.#length);
  }
}

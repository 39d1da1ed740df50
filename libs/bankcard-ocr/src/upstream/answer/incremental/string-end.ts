const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Finds where a JSON string ends, across chunks: at a quotation mark with an even number of backslashes before it. */
export class StringEnd {
  /** Whether the chunk before ended in an odd number of backslashes: they escape whatever comes next. */
  #escaped = false;

  /** @returns the index of the closing quotation mark; -1 when it is not in this chunk */
  find(chunk: Buffer, start: number): number {
    let from = start;
    for (;;) {
      const quote = chunk.indexOf(QUOTE, from);
      const end = quote < 0 ? chunk.length : quote;
      let first = end;
      while (first > from && chunk[first - 1] === BACKSLASH) first -= 1;
      let escaped = (end - first) % 2 === 1;
      if (first === from && this.#escaped) escaped = !escaped;
      this.#escaped = escaped && quote < 0;
      if (quote < 0) return -1;
      if (!escaped) return quote;
      from = quote + 1;
    }
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Bytes in a row that are no ASCII: whether they are UTF-8, and whether in GBK the last one is half a character. */
interface HighBytes {
  readonly isOdd: boolean;
  /** How many more bytes the last character of UTF-8 needs; undefined when they cannot be UTF-8. */
  readonly missing: number | undefined;
}

const NONE: HighBytes = { isOdd: false, missing: 0 };

/**
 * Finds where a JSON string ends, across chunks: at a quotation mark with an even number of backslashes before it. The
 * second byte of a character in GBK may look like a backslash, and is none; it never looks like a quotation mark.
 */
export class StringEnd {
  /** Whether the chunk before ended in an odd number of backslashes: they escape whatever comes next. */
  #escaped = false;
  /** What the chunk before ended in, if not in backslashes. */
  #high = NONE;

  /** @returns the index of the closing quotation mark; -1 when it is not in this chunk */
  find(chunk: Buffer, start: number): number {
    let from = start;
    for (;;) {
      const quote = chunk.indexOf(QUOTE, from);
      const end = quote < 0 ? chunk.length : quote;
      let first = end;
      while (first > from && chunk[first - 1] === BACKSLASH) first -= 1;
      const isFirst = first === start;
      if (first < end && isHalfACharacter(this.#highBytesBefore(chunk, start, first))) first += 1;
      let escaped = (end - first) % 2 === 1;
      if (isFirst && this.#escaped) escaped = !escaped;
      this.#high = first === end ? this.#highBytesBefore(chunk, start, end) : NONE;
      this.#escaped = escaped && quote < 0;
      if (quote < 0) return -1;
      if (!escaped) return quote;
      from = quote + 1;
    }
  }

  #highBytesBefore(chunk: Buffer, start: number, end: number): HighBytes {
    let first = end;
    while (first > start && (chunk[first - 1] ?? 0) >= 0x80) first -= 1;
    let high = first === start ? this.#high : NONE;
    for (let at = first; at < end; at += 1) high = withNext(high, chunk[at] ?? 0);
    return high;
  }
}

function isHalfACharacter({ isOdd, missing }: HighBytes): boolean {
  return isOdd && missing !== 0;
}

function withNext({ isOdd, missing }: HighBytes, byte: number): HighBytes {
  const isContinuation = byte < 0xc0;
  if (missing === undefined || isContinuation !== missing > 0) return { isOdd: !isOdd, missing: undefined };
  if (isContinuation) return { isOdd: !isOdd, missing: missing - 1 };
  return { isOdd: !isOdd, missing: byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1 };
}

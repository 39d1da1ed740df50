/**
 * What an answer may have besides its photos, in bytes. Real ones have some hundred; what JSON.parse makes of a text takes
 * up to forty times its size, and it cannot be interrupted.
 */
export const MOST_JSON_BYTES = 256 * 1024;

/** Real answers are three levels deep. */
const MOST_LEVELS = 32;
/** Real answers have twenty values. Names of members that a server chooses for it can make each cost as much as all before. */
const MOST_VALUES = 8_192;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Find out whether a text is too deep, or has too many values, to be parsed; one pass, and no judgement on its grammar.
 *
 * @returns what there is too much of
 */
export function excessIn(json: string): string | undefined {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < json.length; at += 1) {
    switch (json.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(json, at + 1);
        break;
      case 0x7b: // {
      case 0x5b: // [
        depth += 1;
        values += 1;
        if (depth > MOST_LEVELS) return `the body has more than ${MOST_LEVELS} levels`;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth -= 1;
        break;
      case 0x2c: // ,
        values += 1;
        break;
      default:
    }
    if (values > MOST_VALUES) return `the body has more than ${MOST_VALUES} values`;
  }
  return undefined;
}

/** The index of the quotation mark that ends a string; that of the end of the text, if none does. */
function endOfString(json: string, start: number): number {
  for (let from = start; ;) {
    const quote = json.indexOf('"', from);
    if (quote < 0) return json.length;
    let first = quote;
    while (first > from && json.charCodeAt(first - 1) === BACKSLASH) first -= 1;
    if ((quote - first) % 2 === 0) return quote;
    from = quote + 1;
  }
}

/** However pages and hosts spell the name of the order number, in any letter case. */
const NAME = String.raw`order[_-]?(?:no|number)`;
const IS_NAME = new RegExp(`^${NAME}(?:#\\d+)?$`, 'i');
/** A member with its value, as far as that is a number. */
const MEMBER = new RegExp(`"${NAME}"\\s*:\\s*"?`, 'gi');
const MOST_EXACT_DIGITS = 15;
/** Any text of a JSON document, with the colon behind a name and the number behind that. */
const TEXT = /("[^"\\]*(?:\\[^][^"\\]*)*")(\s*:\s*)?(-?\d[\d.eE+-]*)?/g;

/** Whether a member holds the order number, as {@link withExactOrderNumbers} may have named it. */
export function isOrderNumberName(name: string): boolean {
  return IS_NAME.test(name);
}

/**
 * Prepare the text of a JSON document so that JSON.parse loses nothing of its order numbers. It would round numbers above
 * 2^53, take `1e3` for 1000, and keep only the last of two members with the same name: any of these could pass another
 * order's card for the one that was asked for. Numbers become the texts that they are written as (a whole one with a
 * fraction or an exponent that of its digits), and every member after the first gets a name of its own, `orderNo#1`.
 */
export function withExactOrderNumbers(text: string): string {
  if (isPlain(text)) return text;
  let count = 0;
  return text.replace(TEXT, (member, quoted: string, colon: string | undefined, number: string | undefined) => {
    if (colon === undefined || !isOrderNumberName(nameIn(quoted))) return member;
    const name = count === 0 ? quoted : JSON.stringify(`${nameIn(quoted)}#${count}`);
    count += 1;
    return name + colon + (number === undefined ? '' : JSON.stringify(wholeNumber(number)));
  });
}

/**
 * `2.0261128E7` is how Java writes 20261128 when it is a double. With more than 15 digits such a number has been rounded
 * already, and may have been another one.
 */
function wholeNumber(number: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(number) ?? [];
  if (whole === '' || whole === number) return number;
  const zeros = Number(exponent) - fraction.length;
  const digits = `${whole}${fraction}`.replace(/^0+(?=\d)/, '');
  if (digits.length + Math.max(0, zeros) > MOST_EXACT_DIGITS) return number;
  if (zeros >= 0) return digits + '0'.repeat(zeros);
  return /^0+$/.test(digits.slice(zeros)) && digits.length > -zeros ? digits.slice(0, zeros) : number;
}

/** Nearly every answer is: one member, which is a text, and no name in another spelling by escapes. */
function isPlain(text: string): boolean {
  if (text.includes('\\')) return false;
  const members = text.match(MEMBER);
  return members === null || (members.length === 1 && members[0].endsWith('"'));
}

function nameIn(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    // The parser of the whole will say what is wrong.
    return '';
  }
}

import { stripVTControlCharacters } from 'node:util';

/** Line ends and other control characters: they forge log lines, and move the cursor of a terminal. */
const CONTROL_CHARACTERS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;
/** What is never seen: zero-width characters, marks of direction, selectors of variants, half of a pair, private use. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Cs}\p{Co}]+/gu;
/** Most texts: letters, digits and punctuation of ASCII, Chinese characters and their punctuation. */
const PLAIN = /^[ -~\u3001-\u3020\u4e00-\u9fff\uff01-\uff9f]*$/;
const ASCII = /^[ -~]*$/;
const OTHER_DIGIT = /(?![0-9])\p{Nd}/gu;
const DIGIT = /\p{Nd}/u;

/** Escape sequences and what is never seen are removed, control characters become spaces. */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return stripVTControlCharacters(text).replace(CONTROL_CHARACTERS, ' ').replace(INVISIBLE, '');
}

/** Write a text in the plainest characters that mean the same (NFKC), and digits of every script as `0` to `9`. */
export function plainest(text: string): string {
  if (ASCII.test(text)) return text;
  return text.normalize('NFKC').replace(OTHER_DIGIT, (digit) => String(valueOf(digit.codePointAt(0) ?? 0)));
}

/** Unicode keeps the ten digits of a script in a row, from zero on. */
function valueOf(codePoint: number): number {
  let before = 0;
  while (DIGIT.test(String.fromCodePoint(codePoint - before - 1))) before += 1;
  return before % 10;
}

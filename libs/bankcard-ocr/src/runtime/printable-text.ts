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
const CIRCLED_DIGIT = /[\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792\u3021-\u3029]/g;
const CIRCLED_ZERO = 0x24ff;
/** The character for 1 in each row of such digits. */
const CIRCLED_ONES = [0x24f5, 0x2776, 0x2780, 0x278a, 0x3021];
/** A stroke through a digit, the frame of a key around it. */
const MARKS_ON_DIGITS = /(?<=[0-9])\p{M}+/gu;

/**
 * Make a text show itself and do nothing else: escape sequences and what is never seen are removed, control characters
 * become spaces.
 */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return stripVTControlCharacters(text).replace(CONTROL_CHARACTERS, ' ').replace(INVISIBLE, '');
}

/** Write a text in the plainest characters that mean the same (NFKC), and digits of every script as `0` to `9`. */
export function plainest(text: string): string {
  if (ASCII.test(text)) return text;
  return text
    .normalize('NFKC')
    .replace(OTHER_DIGIT, (digit) => String(valueOf(digit.codePointAt(0) ?? 0)))
    .replace(CIRCLED_DIGIT, circledValue)
    .replace(MARKS_ON_DIGITS, '');
}

/** Unicode keeps the ten digits of a script in a row, from zero on. */
function valueOf(codePoint: number): number {
  let before = 0;
  while (DIGIT.test(String.fromCodePoint(codePoint - before - 1))) before += 1;
  return before % 10;
}

function circledValue(character: string): string {
  const code = character.charCodeAt(0);
  const one = CIRCLED_ONES.findLast((first) => code >= first) ?? code;
  return code === CIRCLED_ZERO ? '0' : String(code - one + 1);
}

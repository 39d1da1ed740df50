/** What is wrong with a value and how to fix it, in both languages. It never repeats a value that may be secret. */
export class Problem {
  constructor(
    readonly en: string,
    readonly zh: string,
  ) {}
}

/** Describe what a value is instead of what it must be, without repeating a text that may be secret. */
export function got(value: unknown): Problem {
  if (typeof value === 'string') return gotText(value);
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number') {
    return new Problem(`got ${String(value)}`, `实际为 ${String(value)}`);
  }
  if (Array.isArray(value)) return new Problem('got a list', '实际为数组');
  return typeof value === 'object'
    ? new Problem('got an object', '实际为对象')
    : new Problem(`got a ${typeof value}`, `实际为 ${typeof value}`);
}

/** Only what begins like a number is repeated, e.g. `5s`: any other text may have slipped in from a secret's place. */
const HARMLESS_TEXT = /^[+-]?\d[\d.,_]{0,11} ?[a-z%]{0,12}$/i;
const IN_QUOTATION_MARKS = /^["'`“”‘’].*["'`“”‘’]$/s;

function gotText(text: string): Problem {
  if (IN_QUOTATION_MARKS.test(text)) return new Problem('got text in quotation marks', '实际为带引号的文本');
  if (HARMLESS_TEXT.test(text)) return new Problem(`got text "${text}"`, `实际为文本 "${text}"`);
  return text === '' ? new Problem('got empty text', '实际为空文本') : new Problem('got text', '实际为文本');
}

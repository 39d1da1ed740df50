import { maskCardNumber } from '../card/card-number.js';
import { VENDOR_CODES, WARNING_TEXTS } from './vendor-codes.js';

/** As long as the shortest of card numbers. */
const FEWEST_DIGITS = 12;
/** What may stand between the digits of one number: anything but letters and other digits. */
const SEPARATOR = /^[^\p{L}\p{N}]{0,16}$/u;
/** Digits that are a number's part also where words stand between the parts: none of the vendor's codes is as long. */
const LONG_PART = 6;
const LONGEST_WORDS = 24;
/** The vendor's messages say when something was. No card number begins so and has 12 or 14 digits. */
const TIMESTAMP =
  /(?<!\d)(?:19|20)\d\d([-/.])(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])[ T]+(?:[01]\d|2[0-3])(?::[0-5]\d){1,2}(?!\d)/g;
const DATE = /^20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/;
/** The shortest of the vendor's codes that is told from a number somebody counted to. */
const SHORTEST_CODE = 4;

interface Part {
  readonly start: number;
  readonly digits: string;
  /** A documented code of the vendor, or a date: a run of nothing else is no card number. */
  readonly isHarmless: boolean;
}

/**
 * Mask whatever may be a card number: 12 digits or more with anything but letters between them, and long parts of one with
 * a few words between them. Timestamps, and lists of the vendor's own codes, stay: messages are about them.
 */
export function maskDigitRuns(text: string): string {
  const parts = partsOf(text);
  const rest: Part[] = [];
  const runs = inRuns(parts, (from, to) => SEPARATOR.test(text.slice(endOf(from), to.start)));
  const places = runs.flatMap((run) => {
    const digits = joined(run);
    if (digits.length < FEWEST_DIGITS || run.every(({ isHarmless }) => isHarmless)) {
      rest.push(...run);
      return [];
    }
    return [{ start: run[0]!.start, end: endOf(run.at(-1)!), shown: maskCardNumber(digits) }];
  });
  let masked = '';
  let at = 0;
  for (const { start, end, shown } of [...places, ...maskedParts(rest)].sort((a, b) => a.start - b.start)) {
    masked += text.slice(at, start) + shown;
    at = end;
  }
  return masked + text.slice(at);
}

/** Parts of a number with words between them: all of it keeps its first six and its last four digits. */
function maskedParts(parts: readonly Part[]) {
  const long = parts.filter(({ digits, isHarmless }) => !isHarmless && digits.length >= LONG_PART);
  return inRuns(long, (from, to) => to.start - endOf(from) <= LONGEST_WORDS)
    .filter((run) => joined(run).length > FEWEST_DIGITS)
    .flatMap((run) => {
      const masked = maskCardNumber(joined(run));
      let before = 0;
      return run.map((part) => {
        const shown = masked.slice(before, before + part.digits.length);
        before += part.digits.length;
        return { start: part.start, end: endOf(part), shown };
      });
    });
}

function partsOf(text: string): Part[] {
  const timestamps = [...text.matchAll(TIMESTAMP)].map(({ index, 0: { length } }) => ({ index, end: index + length }));
  return [...text.matchAll(/\d+/g)]
    .filter(({ index }) => !timestamps.some((timestamp) => index >= timestamp.index && index < timestamp.end))
    .map(({ index, 0: digits }) => {
      const isHarmless =
        DATE.test(digits) || isDocumented(digits) || (text[index - 1] === '-' && isDocumented(`-${digits}`));
      return { start: index, digits, isHarmless };
    });
}

function isDocumented(code: string): boolean {
  return code.length >= SHORTEST_CODE && (Object.hasOwn(VENDOR_CODES, code) || Object.hasOwn(WARNING_TEXTS, code));
}

function inRuns(parts: readonly Part[], belong: (from: Part, to: Part) => boolean): Part[][] {
  const runs: Part[][] = [];
  for (const part of parts) {
    const run = runs.at(-1);
    if (run && belong(run.at(-1)!, part)) run.push(part);
    else runs.push([part]);
  }
  return runs;
}

function joined(run: readonly Part[]): string {
  return run.map(({ digits }) => digits).join('');
}

function endOf({ start, digits }: Part): number {
  return start + digits.length;
}

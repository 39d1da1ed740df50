import type { CardWarning } from '../../card/card-warning.js';
import { warningText } from '../../errors/vendor-codes.js';

/** No card has more doubts than this; a longer list is not a list of warnings. */
const MOST_WARNINGS = 64;

/** Of a longer list or text only the beginning is read. */
const MOST_READ = 4096;

/**
 * Read `warnCode` (one code, `0` or empty for none) and `multiWarnCode` (several, as the text `[-9110,-9111]`, a single
 * one bare or in brackets) and unite them, each code once (protocol.md section 3).
 */
export function readWarnings(one: unknown, several: unknown): CardWarning[] {
  // Most cards have no warnings.
  if (isNone(one) && isNone(several)) return [];
  const codes = new Set([one, several].flatMap(codesIn));
  codes.delete('0');
  return [...codes].slice(0, MOST_WARNINGS).map((code) => ({ code, ...warningText(code) }));
}

function isNone(field: unknown): boolean {
  return field === '0' || field === undefined || field === '';
}

function codesIn(field: unknown): string[] {
  // A list in a list is no list of warnings; to follow it would let an answer decide how deep the stack gets.
  return (Array.isArray(field) ? field.slice(0, MOST_READ) : [field]).flatMap(codesInText);
}

function codesInText(value: unknown): string[] {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string') return [];
  // A code that is not a number stays readable, but nothing as long as a card number or a secret passes for a code.
  return text.slice(0, MOST_READ).match(/(?<![\w-])-?\w{1,11}(?![\w-])/g) ?? [];
}

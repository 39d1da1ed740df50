import type { CardWarning } from '../../card/card-warning.js';
import { warningText } from '../../errors/vendor-codes.js';

/** No card has more doubts than this; a longer list is not a list of warnings. */
const MOST_WARNINGS = 64;

/**
 * Read `warnCode` (one code, `0` or empty for none) and `multiWarnCode` (several, as the text `[-9110,-9111]`, a single
 * one bare or in brackets) and unite them, each code once (protocol.md section 3).
 */
export function readWarnings(...fields: readonly unknown[]): CardWarning[] {
  const codes = new Set(fields.flatMap(codesIn));
  codes.delete('0');
  return [...codes].slice(0, MOST_WARNINGS).map((code) => ({ code, ...warningText(code) }));
}

function codesIn(field: unknown): string[] {
  if (Array.isArray(field)) return field.flatMap(codesIn);
  if (typeof field === 'number') return [String(field)];
  if (typeof field !== 'string') return [];
  // A code that is not a number stays readable, but nothing as long as a card number or a secret passes for a code.
  return field.slice(0, 4096).match(/(?<![\w-])-?\w{1,11}(?![\w-])/g) ?? [];
}

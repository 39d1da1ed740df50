import { hash, timingSafeEqual } from 'node:crypto';

/**
 * Sign values by the vendor's rule: drop null ones, add the ticket, sort by UTF-16 code unit, join without separator,
 * SHA-1 over UTF-8, upper-case hexadecimal (protocol.md section 4).
 *
 * @param values the values in any order, never the parameter names
 * @param ticket a SIGN ticket for queries, a NONCE ticket for the launch of the phone SDK
 * @returns 40 characters, `0-9A-F`
 */
export function sign(values: readonly (string | null | undefined)[], ticket: string): string {
  const present = [ticket];
  for (const value of values) if (value !== null && value !== undefined) present.push(value);
  // The default order of sort() is by UTF-16 code unit; any locale's order gives wrong signatures.
  // oxlint-disable-next-line typescript/require-array-sort-compare
  present.sort();
  return hash('sha1', present.join(''), 'hex').toUpperCase();
}

/**
 * Check a signature that somebody handed in, in constant time and in any letter case.
 *
 * @returns false also for anything that is not 40 hexadecimal digits
 */
export function verify(values: readonly (string | null | undefined)[], ticket: string, signature: string): boolean {
  if (typeof signature !== 'string') return false;
  const expected = Buffer.from(sign(values, ticket), 'latin1');
  const given = Buffer.from(signature.toUpperCase(), 'utf8');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

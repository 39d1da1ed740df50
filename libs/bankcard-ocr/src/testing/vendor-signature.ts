import { createHash } from 'node:crypto';

/**
 * The vendor's signature over `values` (protocol.md section 4): sorted by UTF-16 code unit, joined without a
 * separator, SHA-1 of the UTF-8 bytes, hexadecimal, upper case.
 *
 * Written for the sandbox alone, so that a slip in the client's signing is not repeated by what checks it.
 */
export function vendorSignature(values: readonly string[]): string {
  // Without a function to compare, values are sorted by UTF-16 code unit.
  const text = values.toSorted().join('');
  return createHash('sha1').update(text, 'utf8').digest('hex').toUpperCase();
}

/** Whether `sent` is the signature over `values`; the case of the hexadecimal digits does not matter. */
export function isSignatureOf(sent: string, values: readonly string[]): boolean {
  return sent.toUpperCase() === vendorSignature(values);
}

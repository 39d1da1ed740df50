import { createHash } from 'node:crypto';

/** The vendor's signature (section 4), written for the sandbox alone: it must not repeat a slip of the client. */
export function vendorSignature(values: readonly string[]): string {
  // Without a function to compare, values are sorted by UTF-16 code unit.
  const text = values.toSorted().join('');
  return createHash('sha1').update(text, 'utf8').digest('hex').toUpperCase();
}

export function isSignatureOf(sent: string, values: readonly string[]): boolean {
  return sent.toUpperCase() === vendorSignature(values);
}

import { createHash, createHmac } from 'node:crypto';
import type { Text } from '../text.js';

/** What a value that is signed stands for. */
export type ValueName = 'appId' | 'orderNo' | 'userId' | 'version' | 'nonce' | 'ticket' | 'getFile';

/** One value that is signed. */
export interface NamedValue {
  readonly name: ValueName;
  readonly text: string;
}

/** One way to make a signature; the vendor's is one of many that people have tried. */
export interface SignatureRecipe {
  readonly values: readonly NamedValue[];
  /** Puts the values into the order in which they are joined. */
  readonly arrange: (values: readonly NamedValue[]) => readonly NamedValue[];
  readonly separator: string;
  /** Stands behind the joined values. */
  readonly tail: string;
  readonly digest: (joined: string, ticket: string) => Buffer;
}

/** By UTF-16 code unit, as `<` compares. */
export function byCodeUnit(a: NamedValue, b: NamedValue): number {
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}

/** The vendor's way (protocol.md section 4). */
export function vendorRecipe(values: readonly NamedValue[]): SignatureRecipe {
  return {
    values,
    arrange: (unsorted) => unsorted.toSorted(byCodeUnit),
    separator: '',
    tail: '',
    digest: (joined) => createHash('sha1').update(joined, 'utf8').digest(),
  };
}

/** The bytes that a recipe gives. */
export function digestOf({ values, arrange, separator, tail, digest }: SignatureRecipe): Buffer {
  const joined = arrange(values)
    .map((value) => value.text)
    .join(separator);
  return digest(joined + tail, values.find(({ name }) => name === 'ticket')?.text ?? '');
}

/** Other digests than SHA-1 over UTF-8, by what people call them. */
export const OTHER_DIGESTS: Readonly<Record<string, SignatureRecipe['digest']>> = {
  'SHA-1 over UTF-16LE': (joined) => createHash('sha1').update(joined, 'utf16le').digest(),
  'SHA-1 over UTF-16BE': (joined) => createHash('sha1').update(bigEndian(joined)).digest(),
  'SHA-1 over UTF-16 with a byte order mark': (joined) =>
    createHash('sha1')
      .update(bigEndian(`\uFEFF${joined}`))
      .digest(),
  'SHA-1 over UTF-8 with a byte order mark': (joined) => createHash('sha1').update(`\uFEFF${joined}`).digest(),
  'SHA-1 over Latin-1': (joined) => createHash('sha1').update(joined, 'latin1').digest(),
  'SHA-1 over Base64': (joined) => createHash('sha1').update(Buffer.from(joined).toString('base64')).digest(),
  'HMAC-SHA1 keyed by the ticket': (joined, ticket) => createHmac('sha1', ticket).update(joined).digest(),
  'SHA-256': (joined) => createHash('sha256').update(joined).digest(),
  'HMAC-SHA256 keyed by the ticket': (joined, ticket) => createHmac('sha256', ticket).update(joined).digest(),
  MD5: (joined) => createHash('md5').update(joined).digest(),
};

function bigEndian(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

/** The rules of a signature that can be broken (protocol.md section 4). */
export type SigningRule =
  /** The signature is not 40 upper-case hexadecimal digits. */
  | 'form'
  | 'letter-case'
  /** A value is of a form that the vendor refuses, whatever it was signed with. */
  | 'nonce-form'
  | 'order-number-form'
  | 'user-id-form'
  | 'version-form'
  | 'order'
  | 'missing-value'
  | 'extra-value'
  /** The values of something else were signed. */
  | 'other-purpose'
  | 'version'
  | 'white-space'
  | 'encoding'
  | 'letter-case-of-a-value'
  | 'names'
  | 'separator'
  | 'line-end'
  | 'charset'
  | 'digest'
  | 'ticket-type'
  | 'stale-generation'
  /** Nothing that was tried gives this signature. */
  | 'unknown';

/** A rule that a signature broke, and how. Repeats none of the values. */
export interface BrokenRule {
  readonly rule: SigningRule;
  readonly how: Text;
}

import type { Text } from '../text.js';

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

import { createNonce, sign, verify } from './signature.js';

/** Nonces and signatures by the vendor's rules (protocol.md section 4). Holds no state and no secret. */
export class SignatureService {
  /** Make a nonce: 32 letters and digits, uniform, cryptographic. Every request needs a fresh one. */
  createNonce(): string {
    return createNonce();
  }

  /**
   * Sign values with a ticket.
   *
   * @param values in any order; null and undefined ones are dropped, as the vendor does
   * @param ticket a SIGN or NONCE ticket
   * @returns 40 upper-case hexadecimal digits
   */
  sign(values: readonly (string | null | undefined)[], ticket: string): string {
    return sign(values, ticket);
  }

  /** Check a signature in constant time and in any letter case. */
  verify(values: readonly (string | null | undefined)[], ticket: string, signature: string): boolean {
    return verify(values, ticket, signature);
  }
}

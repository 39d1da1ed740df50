import { createNonce } from '../signature/nonce.js';

/**
 * Make an order number: 32 letters and digits, from the cryptographic generator. No two are alike, whichever instance makes
 * them, and none can be guessed: the order number is the only way to a card's result and photos (protocol.md section 5).
 */
export function createOrderNo(): string {
  // An order number has the form of a nonce (protocol.md section 2).
  return createNonce();
}

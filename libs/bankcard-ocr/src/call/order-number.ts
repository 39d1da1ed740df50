import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { createNonce } from '../signature/signature.service.js';

/** What an order number may be: 1 to 32 ASCII letters and digits (protocol.md section 2). */
export const ORDER_NUMBER = /^[0-9A-Za-z]{1,32}$/;

/**
 * Check an order number before anything is sent.
 *
 * @throws {@link BankCardOcrError} `INVALID_ARGUMENT`; the value is not repeated, it could be a card number
 */
export function checkOrderNumber(orderNo: unknown): asserts orderNo is string {
  if (typeof orderNo === 'string' && ORDER_NUMBER.test(orderNo)) return;
  const given = typeof orderNo === 'string' ? `a text of ${orderNo.length} characters` : typeof orderNo;
  throw new BankCardOcrError('INVALID_ARGUMENT', {
    message: `orderNo must be 1 to 32 ASCII letters and digits, as given to the phone SDK; got ${given}`,
    messageZh: '订单号 orderNo 必须是 1 到 32 位字母或数字',
  });
}

/**
 * Make an order number: 32 letters and digits, from the cryptographic generator. No two are alike, whichever instance makes
 * them, and none can be guessed: the order number is the only way to a card's result and photos (protocol.md section 5).
 */
export function createOrderNo(): string {
  // An order number has the form of a nonce (protocol.md section 2).
  return createNonce();
}

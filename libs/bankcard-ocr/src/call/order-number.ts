import { invalidArgument } from '../errors/bank-card-ocr-error.js';
import { createNonce } from '../signature/signature.service.js';

/** What an order number may be; of a user id, the safe part of what is documented (protocol.md section 2). */
export const ORDER_NUMBER = /^[0-9A-Za-z]{1,32}$/;

/** @throws {@link BankCardOcrError} `INVALID_ARGUMENT`; the value is not repeated, it could be a card number */
export function checkOrderNumber(orderNo: unknown): asserts orderNo is string {
  if (typeof orderNo === 'string' && ORDER_NUMBER.test(orderNo)) return;
  throw invalidArgument(
    `orderNo must be 1 to 32 ASCII letters and digits, as given to the phone SDK; got ${kindOf(orderNo)}`,
    '订单号 orderNo 必须是 1 到 32 位字母或数字',
  );
}

/** @throws {@link BankCardOcrError} `INVALID_ARGUMENT`; the value is not repeated, it identifies a person */
export function checkUserId(userId: unknown): asserts userId is string {
  if (typeof userId === 'string' && ORDER_NUMBER.test(userId)) return;
  throw invalidArgument(
    'userId must be 1 to 32 ASCII letters and digits, another one for every user; ' +
      `got ${kindOf(userId)}. A UUID without its hyphens will do`,
    '用户 ID userId 必须是 1 到 32 位字母或数字，且每个用户唯一 (例如去掉连字符的 UUID)',
  );
}

function kindOf(value: unknown): string {
  return typeof value === 'string' ? `a text of ${value.length} characters` : typeof value;
}

/** Make an order number: 32 letters and digits, not guessable, as it is the only way to a card's result. */
export function createOrderNo(): string {
  return createNonce();
}

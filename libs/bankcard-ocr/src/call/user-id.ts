import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';

/** What a user id may be: 1 to 32 ASCII letters and digits, the safe part of what is documented (protocol.md section 2). */
export const USER_ID = /^[0-9A-Za-z]{1,32}$/;

/**
 * Check a user id before anything is sent.
 *
 * @throws {@link BankCardOcrError} `INVALID_ARGUMENT`; the value is not repeated, it stands for a person
 */
export function checkUserId(userId: unknown): asserts userId is string {
  if (typeof userId === 'string' && USER_ID.test(userId)) return;
  const given = typeof userId === 'string' ? `a text of ${userId.length} characters` : typeof userId;
  throw new BankCardOcrError('INVALID_ARGUMENT', {
    message:
      `userId must be 1 to 32 ASCII letters and digits, another one for every user; got ${given}. ` +
      'A UUID without its hyphens will do',
    messageZh: '用户 ID userId 必须是 1 到 32 位字母或数字，且每个用户唯一 (例如去掉连字符的 UUID)',
  });
}

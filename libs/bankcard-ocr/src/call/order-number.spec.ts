import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { checkUserId, createOrderNo, ORDER_NUMBER } from './order-number.js';

function thrownBy(userId: unknown): unknown {
  try {
    checkUserId(userId);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a user id', () => {
  it.each(['u', '0', 'userID19959248596551', 'x'.repeat(32), randomUUID().replaceAll('-', '')])(
    '%s is one',
    (userId) => {
      expect(thrownBy(userId)).toBeUndefined();
    },
  );

  it.each([
    '',
    'x'.repeat(33),
    'canary@1',
    'canary 1',
    'canary_1',
    'canary-1',
    'canary1\n',
    '用户canary',
    'ｃａｎａｒｙ',
    5,
    null,
    undefined,
    {},
    ['canary1'],
    new String('canary1'),
  ])('%j is none; the error says what to do and does not repeat it', (userId) => {
    const error = thrownBy(userId);
    expect(error).toMatchObject({
      code: 'INVALID_ARGUMENT',
      actor: 'developer',
      message: expect.stringMatching(
        /^userId must be 1 to 32 ASCII letters and digits, .*; got (a text of \d+ characters|number|object|undefined)\. A UUID without its hyphens will do$/,
      ),
      messageZh: expect.stringContaining('1 到 32 位字母或数字'),
    });
    expect(inspect(error)).not.toContain('canary1');
    expect(inspect(error)).not.toContain('canary@');
  });
});

it('makes order numbers of 32 letters and digits that do not repeat', () => {
  const orderNumbers = Array.from({ length: 10_000 }, () => createOrderNo());
  expect(orderNumbers.filter((orderNo) => orderNo.length !== 32 || !ORDER_NUMBER.test(orderNo))).toEqual([]);
  // Not even where somebody keeps them without their letter case.
  expect(new Set(orderNumbers.map((orderNo) => orderNo.toLowerCase())).size).toBe(orderNumbers.length);
});

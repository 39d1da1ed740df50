import { createOrderNo, ORDER_NUMBER } from './order-number.js';

it('makes order numbers of 32 letters and digits that do not repeat', () => {
  const orderNumbers = Array.from({ length: 10_000 }, () => createOrderNo());
  expect(orderNumbers.filter((orderNo) => orderNo.length !== 32 || !ORDER_NUMBER.test(orderNo))).toEqual([]);
  // Not even where somebody keeps them without their letter case.
  expect(new Set(orderNumbers.map((orderNo) => orderNo.toLowerCase())).size).toBe(orderNumbers.length);
});

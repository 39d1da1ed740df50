import { progressText } from './terminal.js';

describe('how far a command is', () => {
  it.each([
    [0, 0, '0 orders'],
    [7, 0, '7 orders'],
    [0, 4, '[------------------------------] 0% 0/4 orders'],
    [617, 1_234, '[###############---------------] 50% 617/1234 orders'],
    [3, 3, '[##############################] 100% 3/3 orders'],
    // More were written meanwhile.
    [5, 4, '[##############################] 100% 5/4 orders'],
  ])('is shown after %d of %d', (done, total, shown) => {
    expect(progressText(done, total, 'orders')).toBe(shown);
  });
});

import { inspect } from 'node:util';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { QueryLimits } from '../options/bankcard-ocr.options.js';
import { DEFAULTS } from '../options/option-table.js';
import { checkOrderNumber } from './order-number.js';
import { limitsOf } from './query-limits.js';

const { timeoutMs, attemptTimeoutMs, maxAttempts, waitForPhotosMs, waitForResultMs } = DEFAULTS;
const MODULE = { timeoutMs, attemptTimeoutMs, maxAttempts, waitForPhotosMs, waitForResultMs };

function thrownBy(call: () => void): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('the limits of one call', () => {
  it('are those of the module where the call says nothing', () => {
    expect(limitsOf({}, MODULE)).toEqual(MODULE);
    expect(limitsOf({ timeoutMs: undefined, maxAttempts: undefined }, MODULE)).toEqual(MODULE);
  });

  it('win over those of the module, one by one, and change the module nothing', () => {
    expect(limitsOf({ timeoutMs: 0.5, waitForPhotosMs: 0 }, MODULE)).toEqual({
      ...MODULE,
      timeoutMs: 0.5,
      waitForPhotosMs: 0,
    });
    expect(limitsOf({ maxAttempts: 1, attemptTimeoutMs: 7 }, MODULE)).toMatchObject({
      maxAttempts: 1,
      attemptTimeoutMs: 7,
    });
    expect(MODULE).toEqual({
      timeoutMs: 15_000,
      attemptTimeoutMs: 5_000,
      maxAttempts: 3,
      waitForPhotosMs: 3_000,
      waitForResultMs: 0,
    });
  });

  it('take nothing else from the call', () => {
    const call = { photos: true, signal: AbortSignal.abort(), appId: 'x' } as QueryLimits;
    expect(limitsOf(call, MODULE)).toEqual(MODULE);
  });

  it.each<[keyof QueryLimits, unknown]>([
    ['timeoutMs', 0],
    ['timeoutMs', -1],
    ['timeoutMs', NaN],
    ['timeoutMs', Infinity],
    ['timeoutMs', '5s'],
    ['timeoutMs', null],
    ['attemptTimeoutMs', 0],
    ['attemptTimeoutMs', '-5'],
    ['maxAttempts', 0],
    ['maxAttempts', 1.5],
    ['maxAttempts', NaN],
    ['waitForPhotosMs', -1],
    ['waitForPhotosMs', NaN],
  ])('%s = %p is refused, by name', (name, value) => {
    const error = thrownBy(() => limitsOf({ [name]: value }, MODULE));
    expect(error).toBeInstanceOf(BankCardOcrError);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', actor: 'developer', retryable: false });
    expect((error as Error).message).toMatch(new RegExp(`^${name} must be a .*more`));
  });
});

describe('an order number', () => {
  it.each(['a', '0', 'order0001', 'x'.repeat(32), 'bankcardPic5923ab9a3bc34488b51'])('%s is one', (orderNo) => {
    expect(thrownBy(() => checkOrderNumber(orderNo))).toBeUndefined();
  });

  it.each([
    '',
    'x'.repeat(33),
    'order 1',
    'order-1',
    'order_1',
    'order1\n',
    '订单1',
    'ｏｒｄｅｒ',
    '6222 0212 3456 7890 128',
    5,
    null,
    undefined,
    {},
    ['order1'],
    new String('order1'),
  ])('%j is none, and is not repeated', (orderNo) => {
    const error = thrownBy(() => checkOrderNumber(orderNo));
    const message = /1 to 32 ASCII letters and digits.*; got (a text of \d+ characters|number|object|undefined)$/;
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) });
    expect(inspect(error)).not.toContain('7890');
  });
});

import { inspect } from 'node:util';
import { BankCardOcrError, isBankCardOcrError } from './bank-card-ocr-error.js';
import { BankCardOcrConfigurationError } from './configuration-error.js';
import { type BankCardOcrErrorCode, ERROR_TEXTS } from './error-codes.js';

const ACTORS = ['application', 'developer', 'vendor', 'end-user', 'business'];

describe('an error', () => {
  it.each(Object.keys(ERROR_TEXTS) as BankCardOcrErrorCode[])(
    '%s has a text in both languages and an actor',
    (code) => {
      const error = new BankCardOcrError(code);
      expect(error.message).toMatch(/^(?:[a-z]|Tencent)/);
      expect(error.messageZh).toMatch(/[\u4e00-\u9fff]/);
      expect(ACTORS).toContain(error.actor);
      expect(error).toMatchObject({ code, name: 'BankCardOcrError', retryable: ERROR_TEXTS[code].retryable });
    },
  );

  it('takes the details that it is given', () => {
    const cause = new Error('inner');
    const details = {
      message: 'm',
      messageZh: '中',
      actor: 'business' as const,
      retryable: true,
      retryAfterMs: 0,
      vendorCode: '0',
      vendorMessage: '',
      bizSeqNo: '1',
      cause,
    };
    expect(new BankCardOcrError('INVALID_ARGUMENT', details)).toMatchObject({ code: 'INVALID_ARGUMENT', ...details });
  });

  it('says nothing of what it does not know', () => {
    const error = new BankCardOcrError('TIMEOUT');
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'BankCardOcrError',
      code: 'TIMEOUT',
      messageZh: '请求超时',
      retryable: true,
      actor: 'vendor',
    });
    expect(error.cause).toBeUndefined();
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  });

  it('keeps a chain of causes, also falsy ones', () => {
    const root = new Error('root');
    const middle = new BankCardOcrError('UNREACHABLE', { cause: root });
    const error = new BankCardOcrError('NO_VALID_TICKET', { cause: middle });
    expect((error.cause as Error).cause).toBe(root);
    expect(inspect(error)).toContain('root');
    expect(new BankCardOcrError('TIMEOUT', { cause: null }).cause).toBeNull();
  });
});

describe('the guard', () => {
  it('knows this library by brand, subclasses and other copies of it included', () => {
    expect(isBankCardOcrError(new BankCardOcrError('TIMEOUT'))).toBe(true);
    expect(isBankCardOcrError(new BankCardOcrConfigurationError([]))).toBe(true);
    const ofAnotherCopy = Object.assign(new Error('x'), { [Symbol.for('nestjs-bankcard-ocr/error')]: true });
    expect(isBankCardOcrError(ofAnotherCopy)).toBe(true);
  });

  it.each([
    undefined,
    null,
    0,
    'BankCardOcrError',
    new Error('x'),
    Object.assign(new Error('x'), { name: 'BankCardOcrError', code: 'TIMEOUT' }),
    Object.assign(new Error('x'), { [Symbol.for('nestjs-bankcard-ocr/error')]: 'yes' }),
    { [Symbol.for('nestjs-bankcard-ocr/error')]: true },
  ])('does not take %p for one', (value) => {
    expect(isBankCardOcrError(value)).toBe(false);
  });

  it('is not fooled by a copy, and the brand is not printed', () => {
    const error = new BankCardOcrError('TIMEOUT');
    expect(isBankCardOcrError({ ...error })).toBe(false);
    expect(inspect(error)).not.toContain('nestjs-bankcard-ocr/error');
  });
});

describe('a configuration error', () => {
  const faults = [
    { option: 'appId', variable: 'BANKCARD_OCR_APP_ID', fix: 'is missing', fixZh: '缺失' },
    { option: 'paths', fix: 'must begin with a slash', fixZh: '必须以斜杠开头' },
    { option: 'secret', variable: 'BANKCARD_OCR_SECRET', fix: 'is missing too', fixZh: '也缺失' },
  ];

  it('lists every fault with its option, its variable and the fix', () => {
    const error = new BankCardOcrConfigurationError(faults);
    expect(error.message).toBe(
      [
        'nestjs-bankcard-ocr cannot start, 3 faults in its configuration:',
        '  - appId (BANKCARD_OCR_APP_ID): is missing',
        '  - paths: must begin with a slash',
        '  - secret (BANKCARD_OCR_SECRET): is missing too',
      ].join('\n'),
    );
    expect(error.messageZh).toBe(
      [
        'nestjs-bankcard-ocr 无法启动，配置有 3 处错误：',
        '  - appId（BANKCARD_OCR_APP_ID）：缺失',
        '  - paths：必须以斜杠开头',
        '  - secret（BANKCARD_OCR_SECRET）：也缺失',
      ].join('\n'),
    );
    expect(error.issues).toEqual(faults);
    expect(error).toMatchObject({
      ...{ name: 'BankCardOcrConfigurationError', code: 'CONFIGURATION', actor: 'developer', retryable: false },
    });
  });

  it('counts one fault as one and keeps a cause', () => {
    const cause = new Error('inner');
    const error = new BankCardOcrConfigurationError(faults.slice(0, 1), cause);
    expect(error.message).toContain('cannot start, 1 fault in');
    expect(error.cause).toBe(cause);
  });
});

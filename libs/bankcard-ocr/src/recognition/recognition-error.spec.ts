import { BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { TransportError } from '../vendor/http/transport-error.js';
import { maySendAgain, RecognitionError } from './recognition.service.js';

const BIZ_SEQ_NO = '21062120001184436317400509484816';

describe('RecognitionError', () => {
  it('is what went wrong, and the order number', () => {
    const cause = new Error('the reason');
    const failure = new BankCardOcrError('RATE_LIMITED', {
      message: 'too many',
      messageZh: '太多',
      retryAfterMs: 1_000,
      vendorCode: '400501',
      vendorMessage: 'TPS',
      bizSeqNo: BIZ_SEQ_NO,
      cause,
    });
    const error = new RecognitionError('order1', failure, false);
    expect(isBankCardOcrError(error)).toBe(true);
    expect(error).toMatchObject({
      name: 'RecognitionError',
      code: 'RATE_LIMITED',
      message: 'too many',
      messageZh: '太多',
      actor: 'application',
      retryable: true,
      retryAfterMs: 1_000,
      vendorCode: '400501',
      vendorMessage: 'TPS',
      bizSeqNo: BIZ_SEQ_NO,
      orderNo: 'order1',
      outcomeUnknown: false,
    });
    expect(error.cause).toBe(cause);
  });

  it('says what to do when nobody knows what became of the image, and is not retryable then', () => {
    const error = new RecognitionError('order1', new BankCardOcrError('TIMEOUT', { message: 'too late' }), true);
    expect(error).toMatchObject({ code: 'TIMEOUT', retryable: false, outcomeUnknown: true });
    expect(error.message).toMatch(/^too late; .*recognized and billed.*query it before sending again$/);
    expect(error.messageZh).toContain('查询');
  });

  it('has no properties that say nothing', () => {
    const names = Object.keys(new RecognitionError('order1', new BankCardOcrError('IMAGE_TOO_LARGE'), false));
    expect(names).not.toContain('vendorCode');
    expect(names).toEqual(expect.arrayContaining(['code', 'orderNo', 'outcomeUnknown']));
  });
});

describe('an image may be sent again', () => {
  it.each([
    ['when it never left', new TransportError('UNREACHABLE', false, { message: '' }), true],
    ['when there was nothing to sign it with', new BankCardOcrError('NO_VALID_TICKET', { vendorCode: '9' }), true],
    ['never when it may have arrived', new TransportError('TIMEOUT', true, { message: '' }), false],
    ['never when the vendor has too many', new BankCardOcrError('RATE_LIMITED', { vendorCode: '400506' }), false],
    ['never when a gateway has too many', new TransportError('RATE_LIMITED', false, { message: '' }), false],
    ['never when the vendor failed', new BankCardOcrError('VENDOR_FAULT', { vendorCode: '999999' }), false],
    ['never when the time is over', new BankCardOcrError('TIMEOUT'), false],
    ['never after something else', new Error('else'), false],
  ])('%s', (_when, failure, expected) => {
    expect(maySendAgain(failure)).toBe(expected);
  });
});

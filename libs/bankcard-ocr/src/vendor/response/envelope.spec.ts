import { readEnvelope, vendorFailure } from './envelope.js';

const BIZ = '21062120001184412617492807497465';

describe('the envelope', () => {
  it.each<[string, Record<string, unknown>]>([
    ['outside', { bizSeqNo: BIZ }],
    ['inside the result', { result: { bizSeqNo: BIZ } }],
    ['on both', { bizSeqNo: BIZ, result: { bizSeqNo: 'other' } }],
    ['inside, while it is null outside', { bizSeqNo: null, result: { bizSeqNo: BIZ } }],
    ['inside, while it is empty outside', { bizSeqNo: '', result: { bizSeqNo: BIZ } }],
    ['inside, while it is unreadable outside', { bizSeqNo: {}, result: { bizSeqNo: BIZ } }],
  ])('has the running number %s', (_where, json) => {
    expect(readEnvelope({ code: '0', ...json }, [])).toEqual({ code: '0', bizSeqNo: BIZ });
  });

  it.each([5, {}, [], null, true, '', 'x'.repeat(65), 'a b', 'a\nb', '中', '6222021234567890128', 'F'.repeat(40)])(
    'leaves a running number out that is %p',
    (bizSeqNo) => {
      expect(readEnvelope({ code: '0', bizSeqNo }, [])).toEqual({ code: '0' });
    },
  );

  it('does not hand out as a running number what we sent in secret', () => {
    const nonce = 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T';
    expect(readEnvelope({ code: '1', bizSeqNo: nonce }, [nonce])).toEqual({ code: '1' });
    // A ticket of another exchange, too.
    expect(readEnvelope({ code: '1', bizSeqNo: 'x'.repeat(64) }, [nonce])).toEqual({ code: '1' });
  });

  it.each([5, {}, [], null, true, ''])('leaves a message out that is %p', (msg) => {
    expect(readEnvelope({ code: '0', msg }, [])).toEqual({ code: '0' });
  });

  it('has the message without what we sent, card numbers and line ends', () => {
    const msg = 'bad sign: S3CRET\n6222021234567890128';
    expect(readEnvelope({ code: 400101, msg }, ['s3cret'])).toEqual({
      code: '400101',
      message: 'bad sign: [redacted] 622202*********0128',
    });
  });

  it.each([true, false, 'false', 0, null])('does not look at success (%p)', (success) => {
    expect(readEnvelope({ code: '0', success }, [])).toEqual({ code: '0' });
  });
});

describe('the error of a failed answer', () => {
  const envelope = { code: '66660020', message: '查询结果不存在', bizSeqNo: BIZ };

  it('carries everything that the vendor said', () => {
    expect(vendorFailure(envelope, {})).toMatchObject({
      code: 'ORDER_NOT_FOUND',
      message: 'Tencent returned 66660020: no result for this order number',
      messageZh: '腾讯云返回 66660020：查无此订单号',
      vendorCode: '66660020',
      vendorMessage: '查询结果不存在',
      bizSeqNo: BIZ,
      actor: 'developer',
      retryable: true,
    });
  });

  it('waits two seconds only where the documents say so', () => {
    expect(vendorFailure({ code: '400504' }, {}).retryAfterMs).toBe(2_000);
    expect(vendorFailure({ code: '400501' }, {}).retryAfterMs).toBeUndefined();
  });

  it('follows vendorCodeOverrides', () => {
    const rules = { '66660020': { retry: 'never' }, '31415926': { error: 'VENDOR_FAULT', retry: 'delayed' } } as const;
    expect(vendorFailure(envelope, rules).retryable).toBe(false);
    expect(vendorFailure({ code: '31415926' }, rules)).toMatchObject({
      code: 'VENDOR_FAULT',
      retryable: true,
      retryAfterMs: 2_000,
      vendorCode: '31415926',
    });
  });

  it.each(['__proto__', 'constructor', '00', '-1'])('stays readable for the code %s', (code) => {
    expect(vendorFailure({ code, message: 'why' }, {})).toMatchObject({
      code: 'VENDOR_CODE_UNKNOWN',
      retryable: false,
      vendorCode: code,
      vendorMessage: 'why',
    });
  });
});

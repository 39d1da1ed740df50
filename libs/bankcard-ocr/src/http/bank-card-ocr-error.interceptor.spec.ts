import { ConflictException, Controller, type ExecutionContext, Get, UseInterceptors } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { lastValueFrom, throwError } from 'rxjs';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { CardNumber } from '../card/card-number.js';
import { ExtraFields } from '../card/extra-fields.js';
import { BankCardOcrError, type BankCardOcrErrorDetails } from '../errors/bank-card-ocr-error.js';
import { type BankCardOcrErrorCode, ERROR_TEXTS } from '../errors/error-codes.js';
import { warningText } from '../errors/vendor-codes.js';
import { CardRejectedError } from '../results/warning-policy.js';
import { BankCardOcrErrorInterceptor } from './error-response.js';
import { ERROR_STATUS } from './error-response.js';
import { PLATFORMS, serve, type TestServer } from './platforms.test-support.js';

let thrown: unknown;

@Controller()
class FailingController {
  @Get('error')
  fail(): never {
    throw thrown;
  }

  @Get('zh')
  @UseInterceptors(new BankCardOcrErrorInterceptor({ language: 'zh' }))
  failInChinese(): never {
    throw thrown;
  }
}

const BIZ_SEQ_NO = '21062120001184412617492807497465';
const CARD: BankCardOcrResult = {
  orderNo: 'order1',
  cardNumber: new CardNumber('6222021234567890128'),
  validity: { raw: '12/2024' },
  warnings: [],
  photos: { status: 'absent', damaged: [] },
  bizSeqNo: BIZ_SEQ_NO,
  extra: new ExtraFields(),
};
const VENDOR = { vendorCode: '-9012', vendorMessage: 'canary of the vendor', bizSeqNo: BIZ_SEQ_NO };

function error(code: BankCardOcrErrorCode, details: BankCardOcrErrorDetails = {}): BankCardOcrError {
  return new BankCardOcrError(code, details);
}

describe.each(PLATFORMS)('BankCardOcrErrorInterceptor on %s', (platform) => {
  let server: TestServer;

  beforeAll(async () => {
    const providers = [{ provide: APP_INTERCEPTOR, useClass: BankCardOcrErrorInterceptor }];
    server = await serve(platform, [FailingController], undefined, providers);
  });

  afterAll(() => server.close());

  it.each<[BankCardOcrErrorCode, number]>([
    ['INVALID_ARGUMENT', 400],
    ['ORDER_NOT_FOUND', 404],
    ['RESULT_GONE', 410],
    ['CARD_UNREADABLE', 422],
    ['PHOTO_DAMAGED', 502],
    ['RATE_LIMITED', 429],
    ['VENDOR_FAULT', 502],
    ['VENDOR_CODE_UNKNOWN', 502],
    ['RESPONSE_MALFORMED', 502],
    ['RESPONSE_TOO_LARGE', 502],
    ['UNREACHABLE', 503],
    ['TIMEOUT', 504],
  ])('answers %s with %d, our message, the vendor code and the running number', async (code, statusCode) => {
    thrown = error(code, { ...VENDOR, message: 'our own words' });
    const { status, json } = await server.get('/error');
    expect(status).toBe(statusCode);
    expect(json).toEqual({ statusCode, code, message: 'our own words', vendorCode: '-9012', bizSeqNo: BIZ_SEQ_NO });
  });

  it.each<BankCardOcrErrorCode>(['CREDENTIALS_REJECTED', 'NO_VALID_TICKET'])(
    'answers %s with 503 and says no more than that',
    async (code) => {
      thrown = error(code, { message: 'app id IDA***01', vendorCode: '400102' });
      const { json } = await server.get('/error');
      expect(json).toEqual({ statusCode: 503, code, message: ERROR_TEXTS[code].en, vendorCode: '400102' });
    },
  );

  it.each<BankCardOcrErrorCode>(['CONFIGURATION', 'ACCESS_DENIED'])('answers %s with 500, no details', async (code) => {
    thrown = error(code, { ...VENDOR, message: 'the app id does not exist' });
    const { status, json } = await server.get('/error');
    expect(status).toBe(500);
    expect(json).toEqual({ statusCode: 500, code, message: 'internal server error' });

    thrown = error('NO_VALID_TICKET', { message: 'no ticket: the app id does not exist', ...VENDOR, cause: thrown });
    expect((await server.get('/error')).json).toEqual({
      statusCode: 503,
      code: 'NO_VALID_TICKET',
      message: ERROR_TEXTS.NO_VALID_TICKET.en,
      bizSeqNo: BIZ_SEQ_NO,
    });
  });

  it('knows every code, and leaves out what is not known', async () => {
    for (const code of Object.keys(ERROR_TEXTS) as BankCardOcrErrorCode[]) {
      thrown = error(code);
      const { status, json } = await server.get('/error');
      expect(json).toEqual({ statusCode: ERROR_STATUS[code], code, message: expect.any(String) });
      expect(status).toBe(ERROR_STATUS[code]);
    }
  });

  it('answers 500 for a code that another version of the library brought', async () => {
    thrown = Object.assign(error('TIMEOUT'), { code: 'toString' });
    expect(await server.get('/error')).toMatchObject({ status: 500, json: { statusCode: 500, code: 'toString' } });
  });

  it('answers 413 when the vendor finds the body too large, and only then', async () => {
    thrown = error('INVALID_ARGUMENT', { vendorCode: '400601' });
    expect(await server.get('/error')).toMatchObject({ status: 413, json: { statusCode: 413, vendorCode: '400601' } });
    thrown = error('INVALID_ARGUMENT', { vendorCode: '400503' });
    expect((await server.get('/error')).status).toBe(400);
  });

  it.each<[BankCardOcrErrorCode, number | undefined, string | null]>([
    ['RATE_LIMITED', undefined, '1'],
    ['RATE_LIMITED', 2_000, '2'],
    ['RATE_LIMITED', 59_001, '60'],
    ['NO_VALID_TICKET', 3_500, '4'],
    ['UNREACHABLE', 0, '1'],
    ['CREDENTIALS_REJECTED', undefined, null],
    ['VENDOR_FAULT', 5_000, null],
  ])('%s after %p ms: Retry-After %p', async (code, retryAfterMs, expected) => {
    thrown = error(code, { retryAfterMs });
    expect((await server.get('/error')).headers.get('retry-after')).toBe(expected);
  });

  it('tells for which warnings a card was rejected, and nothing else of the card', async () => {
    const [photocopy, glare] = ['-9113', '-9112'].map((code) => ({ code, ...warningText(code) }));
    const card = { ...CARD, warnings: [photocopy!, glare!] };
    thrown = new CardRejectedError(card, [photocopy!]);
    const about = { bizSeqNo: BIZ_SEQ_NO, orderNo: 'order1', warningCodes: ['-9113'] };
    const body = { statusCode: 422, code: 'CARD_REJECTED', ...about };
    const { status, json } = await server.get('/error');
    expect([status, json]).toEqual([422, { ...body, message: expect.stringMatching(/: a photocopy \(-9113\)$/) }]);
    expect((await server.get('/zh')).json).toEqual({
      ...body,
      message: '银行卡存在告警，不予接受：银行卡复印件 (-9113)',
    });
  });

  it('speaks Chinese when asked to', async () => {
    thrown = error('CARD_UNREADABLE', { message: 'blurred', messageZh: '照片模糊', vendorCode: '-9012' });
    expect((await server.get('/zh')).json).toMatchObject({ message: '照片模糊', vendorCode: '-9012' });
    thrown = error('CONFIGURATION');
    expect((await server.get('/zh')).json).toMatchObject({ message: '服务器内部错误' });
  });

  it('lets everything else pass untouched', async () => {
    thrown = new ConflictException('not ours');
    expect((await server.get('/error')).json).toEqual({ statusCode: 409, message: 'not ours', error: 'Conflict' });
    thrown = new Error('a fault of the application');
    expect(await server.get('/error')).toMatchObject({ status: 500, json: { message: 'Internal server error' } });
  });
});

describe('without a server', () => {
  const cause = error('RATE_LIMITED');
  const handler = { handle: () => throwError(() => cause) };

  function contextOf(type: string, response: object): ExecutionContext {
    const http = { getResponse: () => response };
    return { getType: () => type, switchToHttp: () => http } as unknown as ExecutionContext;
  }

  it('keeps the error as the cause, for logs and filters', async () => {
    const header = jest.fn();
    const answer = new BankCardOcrErrorInterceptor().intercept(contextOf('http', { header }), handler);
    await expect(lastValueFrom(answer)).rejects.toMatchObject({ status: 429, cause });
    expect(header).toHaveBeenCalledTimes(1);
  });

  it.each([{ headersSent: true }, { raw: { headersSent: true } }])(
    'sets no header when it is too late: %j',
    async (sent) => {
      const header = jest.fn();
      const answer = new BankCardOcrErrorInterceptor().intercept(contextOf('http', { header, ...sent }), handler);
      await expect(lastValueFrom(answer)).rejects.toMatchObject({ status: 429 });
      expect(header).not.toHaveBeenCalled();
    },
  );

  it('leaves other protocols than HTTP alone', async () => {
    const answer = new BankCardOcrErrorInterceptor().intercept(contextOf('rpc', {}), handler);
    await expect(lastValueFrom(answer)).rejects.toBe(cause);
  });
});

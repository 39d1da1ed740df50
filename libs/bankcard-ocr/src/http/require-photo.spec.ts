import { Controller, Get, Query, UseInterceptors } from '@nestjs/common';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { CardNumber } from '../card/card-number.js';
import { CardPhoto, type CardPhotos, PHOTO_KINDS, type PhotoKind } from '../card/card-photo.js';
import { ExtraFields } from '../card/extra-fields.js';
import { BankCardOcrErrorInterceptor } from './error-response.js';
import { PhotoNotFoundException, requirePhoto } from './photo-not-found.exception.js';
import { PLATFORMS, serve, type TestServer } from './platforms.test-support.js';

function resultWith(photos: CardPhotos): BankCardOcrResult {
  const cardNumber = new CardNumber('6222021234567890128');
  return { orderNo: 'order1', cardNumber, validity: { raw: '' }, warnings: [], photos, extra: new ExtraFields() };
}

@Controller()
class PhotosController {
  @Get('en')
  @UseInterceptors(new BankCardOcrErrorInterceptor())
  inEnglish(@Query('kind') kind: PhotoKind, @Query('status') status: CardPhotos['status']): unknown {
    return requirePhoto(resultWith({ status, damaged: status === 'complete' ? ['numberStrip'] : [] }), kind);
  }

  @Get('zh')
  @UseInterceptors(new BankCardOcrErrorInterceptor({ language: 'zh' }))
  inChinese(): unknown {
    return this.inEnglish('crop', 'pending');
  }
}

describe('requirePhoto', () => {
  it.each(PHOTO_KINDS)('gives %s when it is there', (kind) => {
    const photo = new CardPhoto(kind, Buffer.from('bytes'));
    expect(requirePhoto(resultWith({ status: 'complete', damaged: [], [kind]: photo }), kind)).toBe(photo);
  });

  it('throws an HTTP exception, also where nobody translates errors', () => {
    const take = () => requirePhoto(resultWith({ status: 'absent', damaged: [] }), 'crop');
    expect(take).toThrow(PhotoNotFoundException);
    expect(take).toThrow('the photos of this order were not asked for');
  });
});

describe.each(PLATFORMS)('an absent photo on %s', (platform) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await serve(platform, [PhotosController]);
  });

  afterAll(() => server.close());

  it.each(PHOTO_KINDS)('pending: says so of %s, and when to come back', async (kind) => {
    const { status, json, headers } = await server.get(`/en?kind=${kind}&status=pending`);
    expect(status).toBe(404);
    expect(json).toEqual({
      statusCode: 404,
      code: 'PHOTO_NOT_FOUND',
      message: expect.stringContaining('pending'),
      reason: 'pending',
    });
    expect(headers.get('retry-after')).toBe('2');
  });

  it.each([
    ['crop', 'complete', 'missing'],
    ['original', 'absent', 'absent'],
  ])('%s, %s: %s, and no time to come back', async (kind, photos, reason) => {
    const { status, json, headers } = await server.get(`/en?kind=${kind}&status=${photos}`);
    expect([status, json]).toEqual([404, expect.objectContaining({ code: 'PHOTO_NOT_FOUND', reason })]);
    expect(headers.get('retry-after')).toBeNull();
  });

  it.each([
    ['numberStrip', 'complete', 502, 'PHOTO_DAMAGED'],
    ['crop', 'gone', 410, 'RESULT_GONE'],
  ])('%s, %s: %d, %s', async (kind, photos, statusCode, code) => {
    const { status, json } = await server.get(`/en?kind=${kind}&status=${photos}`);
    expect([status, json]).toEqual([statusCode, { statusCode, code, message: expect.stringContaining('photo') }]);
  });

  it('is told in Chinese when asked to', async () => {
    const { json, headers } = await server.get('/zh');
    expect(json).toMatchObject({ statusCode: 404, message: expect.stringContaining('尚未就绪') });
    expect(headers.get('retry-after')).toBe('2');
  });
});

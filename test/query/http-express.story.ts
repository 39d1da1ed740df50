import {
  Controller,
  Get,
  type INestApplication,
  Param,
  Query,
  StreamableFile,
  UseInterceptors,
  ValidationPipe,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import {
  type BankCardOcrResult,
  BankCardOcrModule,
  OcrResultService,
  type PhotoKind,
  TicketService,
} from 'nestjs-bankcard-ocr';
import {
  AllowFullCardNumber,
  BankCardOcrErrorInterceptor,
  BankCardOcrResponseDto,
  CardNumberMaskingInterceptor,
  OrderNoParamsDto,
  PhotosQueryDto,
  requirePhoto,
} from 'nestjs-bankcard-ocr/http';
import { KycSandbox, ManualClock, orderNoForCode, PICTURED_CARD_NUMBER } from 'nestjs-bankcard-ocr/testing';
import request from 'supertest';
import { optionsFor } from '../support/application.js';
import { inMemoryClient } from '../support/in-memory-vendor.js';
import { passTimeUntil, type Scene } from '../support/passing-time.js';

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;

/** A backend as somebody who uses the library writes it. */
@Controller('cards')
@UseInterceptors(new CardNumberMaskingInterceptor(), new BankCardOcrErrorInterceptor({ language: 'zh' }))
class CardsController {
  constructor(private readonly ocr: OcrResultService) {}

  @Get()
  async find(
    @Query() { orderNo }: OrderNoParamsDto,
    @Query() { photos }: PhotosQueryDto,
  ): Promise<BankCardOcrResponseDto> {
    return BankCardOcrResponseDto.from(await this.ocr.query(orderNo, { photos }));
  }

  /** Careless: hands out all there is. */
  @Get('raw')
  async raw(@Query() { orderNo }: OrderNoParamsDto): Promise<{ card: BankCardOcrResult; cardNo: string }> {
    const card = await this.ocr.query(orderNo, { photos: true });
    return { card, cardNo: card.cardNumber.reveal() };
  }

  @Get('full')
  @AllowFullCardNumber()
  async full(@Query() { orderNo }: OrderNoParamsDto): Promise<{ cardNo: string }> {
    return { cardNo: (await this.ocr.query(orderNo)).cardNumber.reveal() };
  }

  @Get(':orderNo/:kind')
  async photo(@Param() { orderNo }: OrderNoParamsDto, @Param('kind') kind: PhotoKind): Promise<StreamableFile> {
    const { bytes, mediaType } = requirePhoto(await this.ocr.query(orderNo, { photos: true }), kind);
    return new StreamableFile(bytes, { type: mediaType });
  }
}

let sandbox: KycSandbox;
let app: INestApplication;
let client: ReturnType<typeof request>;
/** The vendor is in memory: while the backend waits for it, the clock can be moved. */
let scene: Scene;

beforeAll(async () => {
  const clock = new ManualClock();
  sandbox = await KycSandbox.start({ clock });
  const httpService = inMemoryClient(sandbox);
  const testing = await Test.createTestingModule({
    imports: [BankCardOcrModule.forRoot(optionsFor(sandbox, { timeoutMs: 60_000, clock, httpService }))],
    controllers: [CardsController],
  }).compile();
  testing.useLogger(false);
  app = testing.createNestApplication<NestExpressApplication>();
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
  await app.listen(0, '127.0.0.1');
  const tickets = app.get(TicketService);
  await tickets.getCredentials();
  scene = { clock, sandbox, tickets: [tickets] };
  client = request(app.getHttpServer() as Parameters<typeof request>[0]);
});

afterEach(() => sandbox.clearFaults());

afterAll(async () => {
  await app.close();
  await sandbox.stop();
});

/** Send a request, and let time pass until it is answered. */
function answerTo(sent: request.Test): Promise<request.Response> {
  return passTimeUntil(scene, Promise.resolve(sent), 250);
}

describe('a backend on Express', () => {
  it('answers a card by the DTOs of the library', async () => {
    const { status, body } = await answerTo(client.get('/cards').query({ orderNo: warned, photos: 'false' }));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      orderNo: warned,
      cardNumber: expect.stringMatching(/^620000\*{9}\d{4}$/),
      expired: true,
      warnings: [{ code: '-9113' }, { code: '66661009' }],
      photos: { status: 'absent', available: [] },
    });
    const { body: withPhotos } = await answerTo(client.get('/cards').query({ orderNo: noValidity, photos: '1' }));
    expect(withPhotos).toMatchObject({ photos: { status: 'complete', available: ['original', 'numberStrip'] } });
  });

  it('refuses an order number that cannot be one', async () => {
    const asked = sandbox.calls.result;
    expect((await answerTo(client.get('/cards').query({ orderNo: 'order-1' }))).status).toBe(400);
    expect(sandbox.calls.result).toBe(asked);
  });

  it('gives no full card number away by mistake, and none of the photos', async () => {
    const { status, text } = await answerTo(client.get('/cards/raw').query({ orderNo: clean }));
    expect(status).toBe(200);
    expect(text).not.toContain(PICTURED_CARD_NUMBER);
    expect(JSON.parse(text)).toMatchObject({
      cardNo: '622202*********0128',
      card: { cardNumber: '622202*********0128', photos: { crop: { kind: 'crop', mediaType: 'image/jpeg' } } },
    });
  });

  it('gives the full card number where that is meant', async () => {
    const { body } = await answerTo(client.get('/cards/full').query({ orderNo: clean }));
    expect(body).toEqual({ cardNo: PICTURED_CARD_NUMBER });
  });

  it('serves photos, and says what is not there', async () => {
    const { headers, body } = await answerTo(client.get(`/cards/${clean}/original`));
    expect(headers['content-type']).toBe('image/jpeg');
    expect((body as Buffer).subarray(0, 3).toString('hex')).toBe('ffd8ff');
    const missing = await answerTo(client.get(`/cards/${noValidity}/crop`));
    expect([missing.status, missing.body]).toEqual([404, expect.objectContaining({ message: '该订单没有此类照片' })]);
    sandbox.configure({ latePhotos: { delayMs: 60_000, as: 'missing' } });
    const late = await answerTo(client.get(`/cards/${clean}/crop`));
    expect([late.status, late.headers['retry-after']]).toEqual([404, '2']);
    sandbox.configure({ latePhotos: undefined });
  });

  it.each([
    ['-9013', 422, undefined, '照片不是银行卡'],
    ['66660011', 404, undefined, '无查询结果'],
    ['400506', 429, '1', '超过应用并发限制'],
    ['999997', 502, undefined, '服务超时'],
    ['66660002', 500, undefined, '服务器内部错误'],
  ])('says in Chinese what vendor code %s means: %d', async (vendorCode, status, retryAfter, text) => {
    const answer = await answerTo(client.get('/cards').query({ orderNo: orderNoForCode(vendorCode) }));
    expect([answer.status, answer.headers['retry-after']]).toEqual([status, retryAfter]);
    expect(answer.body).toMatchObject({ statusCode: status, message: expect.stringContaining(text) });
    expect(JSON.stringify(answer.body).includes(vendorCode)).toBe(status !== 500);
  });

  it.each([
    ['reset', 503, 'UNREACHABLE'],
    ['hang', 504, 'TIMEOUT'],
  ] as const)('answers when the vendor does not: %s, %d', async (kind, status, code) => {
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind });
    const answer = await answerTo(client.get('/cards').query({ orderNo: clean }));
    expect([answer.status, answer.body]).toEqual([status, expect.objectContaining({ code })]);
  });
});

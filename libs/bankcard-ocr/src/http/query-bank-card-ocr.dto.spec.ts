import { Controller, Get, Param, Query, ValidationPipe } from '@nestjs/common';
import { PLATFORMS, serve, type TestServer } from './platforms.contract.js';
import { QueryBankCardOcrDto } from './query-bank-card-ocr.dto.js';

@Controller()
class EchoController {
  @Get('query')
  query(@Query() query: QueryBankCardOcrDto): object {
    return { ...query, typed: query instanceof QueryBankCardOcrDto };
  }

  @Get('orders/:orderNo')
  param(@Param() { orderNo, photos }: QueryBankCardOcrDto): object {
    return { orderNo, photos: photos ?? 'not said' };
  }
}

const cases = PLATFORMS.flatMap((platform) => {
  return [true, false].map((enableImplicitConversion) => ({ platform, enableImplicitConversion }));
});

describe.each(cases)('QueryBankCardOcrDto on $platform, implicit conversion $enableImplicitConversion', (how) => {
  let server: TestServer;

  beforeAll(async () => {
    const { platform, enableImplicitConversion } = how;
    const transformOptions = { enableImplicitConversion };
    server = await serve(platform, [EchoController], (application) => {
      application.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, transformOptions }));
    });
  });

  afterAll(() => server.close());

  it.each([
    ['&photos=true', true],
    ['&photos=1', true],
    ['&photos=false', false],
    ['&photos=0', false],
    ['&photos=', false],
    ['&photos', false],
    ['', undefined],
  ])('reads %p as %p', async (query, photos) => {
    const { status, json } = await server.get(`/query?orderNo=order1${query}`);
    expect(status).toBe(200);
    expect(json).toEqual({ orderNo: 'order1', typed: true, ...(photos === undefined ? {} : { photos }) });
  });

  it.each(['yes', 'TRUE', '2', 'null', ' true', 'true&photos=false', 'constructor'])(
    'refuses photos=%p',
    async (value) => {
      const { status, json } = await server.get(`/query?orderNo=order1&photos=${value}`);
      expect(status).toBe(400);
      expect(json).toMatchObject({ message: ['photos must be true, false, 1, 0 or empty'] });
    },
  );

  it.each(['a', '0', 'A1b2C3', 'x'.repeat(32)])('takes the order number %p', async (orderNo) => {
    expect((await server.get(`/orders/${orderNo}`)).json).toEqual({ orderNo, photos: 'not said' });
    expect((await server.get(`/query?orderNo=${orderNo}`)).status).toBe(200);
  });

  it.each(['', 'x'.repeat(33), 'order-1', 'order%201', 'order1%0A', '订单1', 'a&orderNo=b'])(
    'refuses the order number %p without repeating it',
    async (orderNo) => {
      const { status, json } = await server.get(`/query?orderNo=${orderNo}`);
      expect(status).toBe(400);
      expect(json).toMatchObject({ message: ['orderNo must be 1 to 32 ASCII letters and digits'] });
    },
  );

  it('needs an order number, and drops what it does not know', async () => {
    expect((await server.get('/query?photos=1')).status).toBe(400);
    expect((await server.get('/query?orderNo=order1&getFile=1')).json).toEqual({ orderNo: 'order1', typed: true });
  });
});

import { Controller, Get, Param, Query, ValidationPipe } from '@nestjs/common';
import { OrderNoParamsDto, PhotosQueryDto } from './request.dto.js';
import { PLATFORMS, serve, type TestServer } from './platforms.test-support.js';

@Controller()
class EchoController {
  @Get('orders/:orderNo')
  find(@Param() params: OrderNoParamsDto, @Query() query: PhotosQueryDto): object {
    const typed = params instanceof OrderNoParamsDto && query instanceof PhotosQueryDto;
    return { params, query, typed };
  }
}

const cases = PLATFORMS.flatMap((platform) => {
  return [true, false].map((enableImplicitConversion) => ({ platform, enableImplicitConversion }));
});

describe.each(cases)('a query on $platform, implicit conversion $enableImplicitConversion', (how) => {
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
    ['?photos=true', true],
    ['?photos=1', true],
    ['?photos=false', false],
    ['?photos=0', false],
    ['?photos=', false],
    ['?photos', false],
    ['', undefined],
  ])('PhotosQueryDto reads %p as %p', async (query, photos) => {
    const { status, json } = await server.get(`/orders/order1${query}`);
    expect(status).toBe(200);
    expect(json).toEqual({ params: { orderNo: 'order1' }, query: photos === undefined ? {} : { photos }, typed: true });
  });

  it.each(['yes', 'TRUE', '2', 'null', ' true', 'true&photos=false', 'constructor'])(
    'PhotosQueryDto refuses photos=%p',
    async (value) => {
      const { status, json } = await server.get(`/orders/order1?photos=${value}`);
      expect(status).toBe(400);
      expect(json).toMatchObject({ message: ['photos must be true, false, 1, 0 or empty'] });
    },
  );

  it.each(['a', '0', 'A1b2C3', 'x'.repeat(32)])('OrderNoParamsDto takes the order number %p', async (orderNo) => {
    expect((await server.get(`/orders/${orderNo}`)).json).toMatchObject({ params: { orderNo } });
  });

  it.each(['x'.repeat(33), 'order-1', 'order%201', 'order1%0A', '%E8%AE%A2%E5%8D%951', 'constructor%00', '%20'])(
    'OrderNoParamsDto refuses the order number %p without repeating it',
    async (orderNo) => {
      const { status, json } = await server.get(`/orders/${orderNo}`);
      expect(status).toBe(400);
      expect(json).toMatchObject({ message: ['orderNo must be 1 to 32 ASCII letters and digits'] });
    },
  );

  it('drops what it does not know', async () => {
    const { json } = await server.get('/orders/order1?orderNo=other&getFile=1&constructor=1&__proto__=1');
    expect(json).toEqual({ params: { orderNo: 'order1' }, query: {}, typed: true });
  });
});

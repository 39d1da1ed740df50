import { Body, Controller, Post, ValidationPipe } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { PLATFORMS, serve, type TestServer } from './platforms.test-support.js';
import { RecognizeBankCardDto } from './request.dto.js';

@Controller()
class EchoController {
  @Post('echo')
  echo(@Body() body: RecognizeBankCardDto): object {
    return { ...body };
  }
}

const cases = PLATFORMS.flatMap((platform) => {
  return [true, false].map((enableImplicitConversion) => ({ platform, enableImplicitConversion }));
});

describe.each(cases)('RecognizeBankCardDto on $platform, implicit conversion $enableImplicitConversion', (how) => {
  let server: TestServer;
  let document: OpenAPIObject;

  beforeAll(async () => {
    const transformOptions = { enableImplicitConversion: how.enableImplicitConversion };
    server = await serve(how.platform, [EchoController], (application) => {
      application.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, transformOptions }));
      document = SwaggerModule.createDocument(application, new DocumentBuilder().build());
    });
  });

  afterAll(() => server.close());

  it.each([
    [{}, {}],
    [{ orderNo: 'order1' }, { orderNo: 'order1' }],
    [
      { userId: 'u'.repeat(32), orderNo: 'o'.repeat(32) },
      { userId: 'u'.repeat(32), orderNo: 'o'.repeat(32) },
    ],
    [{ orderNo: 'order1', image: 'canary' }, { orderNo: 'order1' }],
  ])('takes %j', async (body, taken) => {
    expect(await server.post('/echo', body)).toMatchObject({ status: 201, json: taken });
    expect((await server.post('/echo', body)).text).not.toContain('canary');
  });

  it.each([
    { orderNo: '' },
    { orderNo: 'canary-1' },
    { orderNo: 'o'.repeat(33) },
    { orderNo: ['canary1', 'canary2'] },
    { orderNo: { canary: 1 } },
    { userId: 'canary@1' },
    { userId: '' },
    { userId: '卡' },
  ])('refuses %j, and does not repeat it', async (body) => {
    const { status, text } = await server.post('/echo', body);
    expect(status).toBe(400);
    expect(text).not.toContain('canary');
  });

  it('is in the document that @nestjs/swagger makes, without its plugin', () => {
    const identifier = { type: 'string', pattern: '^[0-9A-Za-z]{1,32}$', minLength: 1, maxLength: 32 };
    const schema = document.components?.schemas?.['RecognizeBankCardDto'];
    expect(schema).toMatchObject({ properties: { orderNo: identifier, userId: identifier } });
    expect(schema).not.toHaveProperty('required');
  });
});
